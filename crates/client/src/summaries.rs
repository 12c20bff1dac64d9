//! The summaries of the client's diagnostics.
//!
//! Tests: `provider/tests/summaries.rs`.

engine::summaries! {
    CONNECTION_SETUP_FAILED {
        text: "Cannot set up the control plane connection",
        when: "The client cannot be set up, for example because the system has no trusted certificates.",
        remedy: "Follow the message, which names the setting.",
    }
}
