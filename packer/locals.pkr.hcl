locals {
  # EC2 and Debian name architectures differently.
  debian_architecture = { arm64 = "arm64", x86_64 = "amd64" }[var.architecture]

  ami_name = "millrace-${var.version_set}-${local.debian_architecture}-${substr(var.content_hash, 0, 12)}"

  version_info = {
    version_set  = var.version_set
    content_hash = var.content_hash
    components   = var.versions
  }

  tags = merge(
    {
      "Name"                  = local.ami_name
      "millrace:content-hash" = var.content_hash
      "millrace:git-revision" = var.git_revision
      "millrace:version-set"  = var.version_set
    },
    { for component, version in var.versions : "millrace:${replace(component, "_", "-")}" => version },
    var.tags,
  )

  ansible_extra_vars = jsonencode({
    spark_artefact_dir   = var.artefact_dir
    iceberg_artefact_dir = var.artefact_dir
    iceberg_millrace_jar = var.millrace_jar
    node_version_info    = local.version_info
  })
}
