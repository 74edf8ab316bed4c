module millrace.invalid/tools/pulumi-language-python

go 1.21

// The last releases of sdk/v3 in which the module proxy serves the language host's source are
// around this one: later it became a module of its own that was never published.
require github.com/pulumi/pulumi/sdk/v3 v3.60.0
