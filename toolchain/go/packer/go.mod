module millrace.invalid/tools/packer

go 1.21.0

require github.com/hashicorp/packer v1.11.2

// repeated from packer's own go.mod: replace directives of dependencies are ignored
replace github.com/zclconf/go-cty => github.com/nywilken/go-cty v1.13.3
