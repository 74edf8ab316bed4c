module millrace.invalid/tools/packer-plugin-ansible

go 1.21

// packer v1.9.4 pins packer-plugin-ansible v1.0.3 (its last bundled copy); minimal version selection picks it
require github.com/hashicorp/packer v1.9.4

require github.com/hashicorp/packer-plugin-ansible v1.0.3 // indirect

replace github.com/zclconf/go-cty => github.com/nywilken/go-cty v1.13.3
