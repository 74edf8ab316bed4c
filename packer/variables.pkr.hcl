# Pinned: values come from a version set's pin file, which Ansible and Python read as well. Packer
# takes versions.auto.pkrvars.json by itself; -var-file=spark-4.1.pkrvars.json chooses another set.

variable "version_set" {
  type        = string
  description = "Name of the set of versions that were proved together."
}

variable "versions" {
  type        = map(string)
  description = "Exact version of each component."

  validation {
    condition     = !contains(values(var.versions), "latest")
    error_message = "Every version is exact: \"latest\" is not one."
  }
}

variable "base_revision" {
  type        = number
  description = "Raised by one to take Debian's newer packages into the image."
}

variable "python_artefacts" {
  type = list(object({
    name         = string
    version      = string
    architecture = string
    file         = string
    sha256       = string
  }))
  description = "Python packages with checksums, per architecture."
}

variable "jar_artefacts" {
  type = list(object({
    group    = string
    artifact = string
    version  = string
    file     = string
    sha256   = string
  }))
  description = "Jars that go into SPARK_HOME/jars, with checksums."
}

# Chosen by the bake.

variable "pin_file" {
  type        = string
  description = "Pin file of the version set, in this folder; Ansible is given the same as Packer."
  default     = "versions.auto.pkrvars.json"
}

variable "playbook" {
  type        = string
  description = "What to install: the whole image, or one layer of the local image."
  default     = "image"

  validation {
    condition     = contains(["image", "runtime", "startup", "project"], var.playbook)
    error_message = "The playbook is one of image, runtime, startup and project."
  }
}

variable "image_tests" {
  type        = list(string)
  description = "Test files under tests/image to run over the build's connection."
  default     = ["test_base.py", "test_runtime.py", "test_startup.py", "test_node.py"]
}

variable "content_hash" {
  type        = string
  description = "Hash of everything the image is made from."

  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.content_hash))
    error_message = "The content hash is 64 hexadecimal digits; `python -m ops.image hash` prints it."
  }
}

variable "git_revision" {
  type        = string
  description = "Commit of the checkout that is baked; an AMI carries it as a tag."
  default     = "none"

  validation {
    condition     = can(regex("^(none|[0-9a-f]{40}(-dirty)?)$", var.git_revision))
    error_message = "The git revision is 40 hexadecimal digits, with \"-dirty\" if the checkout differs from it."
  }
}

variable "artefact_dir" {
  type        = string
  description = "Directory of downloaded artefacts, each named by its SHA-256."
}

variable "millrace_jar" {
  type        = string
  description = "The jar built from jvm/."
}

variable "python" {
  type        = string
  description = "Python of the project's environment; runs Ansible and the image tests."
  default     = "python3"
}

variable "ansible_playbook" {
  type        = string
  description = "The ansible-playbook program."
  default     = "ansible-playbook"
}

# The local machine.

variable "machine_host" {
  type        = string
  description = "Address of the booted container machine."
  default     = "198.51.100.2"
}

variable "ssh_private_key_file" {
  type        = string
  description = "Temporary key that the machine was booted with; empty asks the SSH agent."
  default     = ""
}

variable "ssh_config" {
  type        = string
  description = "SSH configuration naming the machine's known host key; empty takes ./ssh_config."
  default     = ""
}

# AWS.

variable "region" {
  type        = string
  description = "Region to bake in."
  default     = "eu-central-1"
}

variable "instance_type" {
  type        = string
  description = "Instance to bake on; its architecture is the image's."
  default     = "m7g.large"
}

variable "architecture" {
  type        = string
  description = "Architecture of the AMI, as EC2 calls it."
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture is arm64 or x86_64."
  }
}

variable "source_ami_release" {
  type        = string
  description = "Debian's release of the source AMI, such as 20251112-2294; a pattern takes the newest."
  default     = "*"
}

variable "vpc_id" {
  type        = string
  description = "VPC to bake in; empty takes that of the subnet, or the default one."
  default     = ""
}

variable "vpc_tags" {
  type        = map(string)
  description = "Tags that find the VPC, instead of its id."
  default     = {}
}

variable "subnet_id" {
  type        = string
  description = "Subnet to bake in; empty takes the default VPC."
  default     = ""
}

variable "subnet_tags" {
  type        = map(string)
  description = "Tags that find the subnet, instead of its id; of several the one with most room."
  default     = {}
}

variable "ssh_interface" {
  type        = string
  description = "How the bake reaches the machine; session_manager works in private subnets."
  default     = "public_ip"

  validation {
    condition     = contains(["public_ip", "private_ip", "session_manager"], var.ssh_interface)
    error_message = "The SSH interface is public_ip, private_ip or session_manager."
  }
}

variable "iam_instance_profile" {
  type        = string
  description = "Profile of the machine; session_manager needs AmazonSSMManagedInstanceCore in it."
  default     = ""
}

variable "user_data_file" {
  type        = string
  description = "What the machine runs at first; session_manager needs an agent, which Debian's AMI lacks."
  default     = ""
}

variable "kms_key_id" {
  type        = string
  description = "Key of the AMI's snapshot; empty takes the account's EBS key."
  default     = ""
}

variable "root_volume_gib" {
  type        = number
  description = "Size of the root volume."
  default     = 16

  validation {
    condition     = var.root_volume_gib >= 8
    error_message = "The image needs 8 GiB or more."
  }
}

variable "manifest" {
  type        = string
  description = "File that records each AMI made, with what it is made of."
  default     = "packer-manifest.json"
}

variable "tags" {
  type        = map(string)
  description = "Tags added to the AMI, its snapshot and the machine it is baked on."
  default     = {}
}
