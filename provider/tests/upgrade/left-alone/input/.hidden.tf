not { hcl
