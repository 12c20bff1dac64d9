//! The summaries of the diagnostics about Terraform's requests.
//!
//! Tests: `provider/tests/summaries.rs`.

engine::summaries! {
    CONFIGURATION_UNKNOWN {
        text: "Provider configuration not known yet",
        when: "A request needs the control plane, and the provider block has a value that is only known after apply.",
        remedy: "Apply what the provider block depends on first, for example with `terraform apply -target=…`.",
    }
    NOT_CONFIGURED {
        text: "Provider not configured",
        when: "Terraform sent a request that needs the control plane before it configured the provider.",
        remedy: "Report the message to the provider's developers.",
    }
    UNSUPPORTED_TYPE {
        text: "Unsupported resource or data source",
        when: "State or configuration has a type that this version of the provider does not have.",
        remedy: "Check `required_providers` for a newer version.",
    }
    REQUEST_MISMATCH {
        text: "Value does not match the provider's schema",
        when: "Terraform sent a value that does not match the provider's schema, which is a bug.",
        remedy: "Report the message to the provider's developers.",
    }
    RESULT_MISMATCH {
        text: "Result does not match the provider's schema",
        when: "The provider made a value that does not match its own schema, which is a bug.",
        remedy: "Report the message to the provider's developers.",
    }
    STATE_TOO_NEW {
        text: "State from a newer provider version",
        when: "A newer version of the provider wrote the state.",
        remedy: "Upgrade the provider.",
    }
    STATE_TOO_OLD {
        text: "State from an unsupported Terraform version",
        when: "Terraform 0.11 or earlier wrote the state.",
        remedy: "Refresh the state with Terraform 0.12 first.",
    }
    STATE_UNREADABLE {
        text: "Invalid state",
        when: "The stored state does not match the provider's schema.",
        remedy: "Restore the state from a backup.",
    }
    INVALID_LIMIT {
        text: "Invalid limit",
        when: "The `limit` of a list block is not a whole number above zero.",
        remedy: "Set `limit` to the number of objects to show at most, or remove it.",
    }
}
