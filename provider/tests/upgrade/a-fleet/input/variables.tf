variable name {
    type = "string"
}
