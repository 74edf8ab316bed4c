locals {
  # Packer's own SSH client cannot check a host key; what Ansible and the tests send is checked
  # against the key that the local machine was given, and trusted at first sight on EC2.
  ssh_config = coalesce(var.ssh_config, abspath("${path.root}/ssh_config"))

  ansible_env = [
    "ANSIBLE_CONFIG=${abspath("${path.root}/../ansible/ansible.cfg")}",
    "ANSIBLE_HOST_KEY_CHECKING=True",
    "ANSIBLE_NOCOLOR=1",
    "ANSIBLE_SSH_COMMON_ARGS=-F ${local.ssh_config}",
  ]

  test_options = join(" ", [
    "-q -p no:cacheprovider -m install --version-set=${var.version_set}",
    join(" ", formatlist("tests/image/%s", var.image_tests)),
    "--ssh-config='${local.ssh_config}'",
  ])
}

build {
  name    = "image"
  sources = ["source.amazon-ebs.image", "source.null.machine"]

  provisioner "ansible" {
    command          = var.ansible_playbook
    playbook_file    = "${path.root}/../ansible/playbooks/${var.playbook}.yml"
    user             = build.User
    use_proxy        = false
    ansible_env_vars = local.ansible_env
    extra_arguments = [
      "--extra-vars", "@${path.root}/${var.pin_file}",
      "--extra-vars", local.ansible_extra_vars,
    ]
  }

  # The image is proved before it exists: a failure here fails the build.
  provisioner "shell-local" {
    inline_shebang = "/bin/bash -eu"
    inline = [
      "key=$(mktemp); trap 'rm -f \"$key\"' EXIT",
      "printf '%s\\n' '${build.SSHPrivateKey}' > \"$key\"",
      "cd '${abspath(path.root)}/..'",
      "${var.python} -m pytest ${local.test_options} ${source.type == "null" ? "" : "--sudo"} --ssh-identity-file=\"$key\" --hosts='ssh://${build.User}@${build.Host}:${build.Port}'",
    ]
  }

  provisioner "ansible" {
    command          = var.ansible_playbook
    playbook_file    = "${path.root}/../ansible/playbooks/hygiene.yml"
    user             = build.User
    use_proxy        = false
    ansible_env_vars = local.ansible_env
  }

  post-processor "manifest" {
    only       = ["amazon-ebs.image"]
    output     = var.manifest
    strip_path = true
    custom_data = merge(
      { for component, version in var.versions : "version_${component}" => version },
      {
        architecture = var.architecture
        content_hash = var.content_hash
        git_revision = var.git_revision
        version_set  = var.version_set
      },
    )
  }
}
