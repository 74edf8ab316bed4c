"""A stand-in for the `pulumi-resource-aws` plugin, over the real Terraform AWS provider.

Pulumi's engine speaks `pulumirpc.ResourceProvider` to it; it speaks `tfplugin5` to
`terraform-provider-aws`, which does all the work: validation, planning, applying, reading. Names
and shapes are read from the installed `pulumi_aws` and from the provider's own schema; what has no
counterpart is refused by name, never ignored.

`python -m toolchain.awsplugin [engine address]` prints the port it listens on. It is not a general
Terraform bridge, and not needed where the official plugin can be had.
"""
