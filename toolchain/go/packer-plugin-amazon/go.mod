module millrace.invalid/tools/packer-plugin-amazon

go 1.21

require github.com/hashicorp/packer-plugin-amazon v1.2.1

replace github.com/zclconf/go-cty => github.com/nywilken/go-cty v1.13.3
