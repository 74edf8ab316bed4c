source "amazon-ebs" "image" {
  region          = var.region
  instance_type   = var.instance_type
  ami_name        = local.ami_name
  ami_description = "Millrace ${var.version_set}, content ${substr(var.content_hash, 0, 12)}"

  vpc_id                      = var.vpc_id
  subnet_id                   = var.subnet_id
  associate_public_ip_address = var.ssh_interface == "public_ip"
  iam_instance_profile        = var.iam_instance_profile
  user_data_file              = var.user_data_file

  dynamic "vpc_filter" {
    for_each = length(var.vpc_tags) > 0 ? [var.vpc_tags] : []
    content {
      filters = { for key, value in vpc_filter.value : "tag:${key}" => value }
    }
  }

  dynamic "subnet_filter" {
    for_each = length(var.subnet_tags) > 0 ? [var.subnet_tags] : []
    content {
      filters   = { for key, value in subnet_filter.value : "tag:${key}" => value }
      most_free = true
    }
  }

  source_ami_filter {
    owners      = ["136693071363"] # Debian, https://wiki.debian.org/Cloud/AmazonEC2Image
    most_recent = true
    filters = {
      name                = "debian-12-${local.debian_architecture}-${var.source_ami_release}"
      architecture        = var.architecture
      root-device-type    = "ebs"
      virtualization-type = "hvm"
    }
  }

  communicator              = "ssh"
  ssh_interface             = var.ssh_interface
  ssh_username              = "admin"
  temporary_key_pair_type   = "ed25519"
  ssh_clear_authorized_keys = true

  # Of the machine that is baked on; launch templates say the same of every other.
  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  encrypt_boot = true
  kms_key_id   = var.kms_key_id

  launch_block_device_mappings {
    device_name           = "/dev/xvda"
    volume_size           = var.root_volume_gib
    volume_type           = "gp3"
    delete_on_termination = true
  }

  tags            = local.tags
  snapshot_tags   = local.tags
  run_tags        = local.tags
  run_volume_tags = local.tags
}

# A container machine that `ops.image` boots, and turns into a layer after this build.
source "null" "machine" {
  communicator         = "ssh"
  ssh_host             = var.machine_host
  ssh_username         = "root"
  ssh_private_key_file = var.ssh_private_key_file
  ssh_agent_auth       = var.ssh_private_key_file == ""
  ssh_timeout          = "60s"
}
