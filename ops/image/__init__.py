"""The machine image: what it is made from, and baking it on this machine.

`bake.ensure_local_image` is the whole interface to the rest of the house. Baking an AMI is
Packer's `amazon-ebs` source over the same playbooks and tests (`packer/`).
"""
