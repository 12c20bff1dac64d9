//! The summaries of the engine's diagnostics.
//!
//! Tests: `provider/tests/summaries.rs`.

/// Declares the summaries of a crate: a `static` [`Summary`](crate::diagnostic::Summary) each, and `ALL` of them.
///
/// The text of a summary has at most 60 characters and holds no value: names, statuses and counts are in the detail.
#[macro_export]
macro_rules! summaries {
    ($($name:ident { text: $text:literal, when: $when:literal, remedy: $remedy:literal $(,)? })*) => {
        $(
            #[doc = $when]
            pub static $name: $crate::diagnostic::Summary = $crate::diagnostic::Summary {
                text: $text,
                when: $when,
                remedy: $remedy,
            };
        )*

        /// Every summary of this crate.
        pub static ALL: &[&$crate::diagnostic::Summary] = &[$(&$name),*];
    };
}

crate::summaries! {
    // Configuration.
    INVALID_BOOLEAN {
        text: "Invalid boolean",
        when: "An environment variable holds something other than a boolean for a provider argument.",
        remedy: "Set the variable to `true` or `false`.",
    }
    INVALID_NUMBER {
        text: "Invalid number",
        when: "An argument needs a number, or a whole number, and its value is something else.",
        remedy: "Set the argument, or its environment variable, to a number of the required kind.",
    }
    NUMBER_OUT_OF_RANGE {
        text: "Number out of range",
        when: "A number is smaller or larger than its argument allows.",
        remedy: "Choose a number within the range that the message names.",
    }
    INVALID_LENGTH {
        text: "Invalid length",
        when: "A string or a collection is shorter or longer than its argument allows.",
        remedy: "Choose a value within the length that the message names.",
    }
    INVALID_VALUE {
        text: "Invalid value",
        when: "An argument has a value other than those it supports.",
        remedy: "Choose one of the values that the message lists.",
    }
    INVALID_FORMAT {
        text: "Invalid format",
        when: "A string does not have the format that its argument requires, such as a UUID or a duration.",
        remedy: "Write the value in the format that the message names.",
    }
    INVALID_TIMEOUT {
        text: "Invalid timeout",
        when: "A timeout of the `timeouts` block is zero or longer than a year.",
        remedy: "Set a duration such as `90m`.",
    }
    DUPLICATE_ELEMENT {
        text: "Duplicate element",
        when: "A list whose elements form a set contains an element more than once.",
        remedy: "Remove the duplicate.",
    }
    NULL_ELEMENT {
        text: "Null collection element",
        when: "An element of a list, set or map is null.",
        remedy: "Remove the element, for example with `compact()`.",
    }
    MISSING_REQUIRED_ARGUMENT {
        text: "Missing required argument",
        when: "A required argument is not set.",
        remedy: "Set the argument.",
    }
    MISSING_ARGUMENT {
        text: "Missing argument",
        when: "Another argument, or a rule over several arguments, requires an argument that is not set.",
        remedy: "Set the argument that the message names.",
    }
    CONFLICTING_ARGUMENTS {
        text: "Conflicting arguments",
        when: "Arguments that exclude each other are set.",
        remedy: "Remove all but one of them.",
    }
    READ_ONLY_ARGUMENT {
        text: "Read-only attribute",
        when: "The configuration sets an attribute whose value the provider decides.",
        remedy: "Remove the attribute from the configuration.",
    }
    WRITE_ONLY_UNSUPPORTED {
        text: "Write-only argument not supported",
        when: "The configuration sets a write-only argument, and this Terraform is older than 1.11.",
        remedy: "Upgrade Terraform to 1.11 or later, or set the argument that the message names instead.",
    }
    DEPRECATED_ARGUMENT {
        text: "Argument is deprecated",
        when: "The configuration sets an argument that a later version of the provider removes.",
        remedy: "Follow the message, which names the replacement.",
    }

    // Import and lookup.
    IMPORT_UNSUPPORTED {
        text: "Import not supported",
        when: "The resource has no identity by which Terraform could import an existing object.",
        remedy: "Let Terraform create the object instead.",
    }
    INVALID_IMPORT_ID {
        text: "Invalid import ID",
        when: "The ID or the identity of an import has no form that the resource accepts, or the ID is a URL without the identity of the object.",
        remedy: "Use an ID of a form that the message names.",
    }
    MOVE_UNSUPPORTED {
        text: "Unsupported move",
        when: "A `moved` block would make one resource another that does not manage the same object, or is of another provider.",
        remedy: "Remove the `moved` block. Import the object to the new resource, and remove the earlier one from state.",
    }
    IMPORT_NOT_FOUND {
        text: "Cannot import non-existent remote object",
        when: "An import names an object that the control plane does not have.",
        remedy: "Check the ID, and that the API token belongs to the account that has the object.",
    }
    MISSING_LOOKUP_ARGUMENT {
        text: "Missing lookup argument",
        when: "A data source sets none of the arguments that identify an object.",
        remedy: "Set one of them.",
    }
    OBJECT_NOT_FOUND {
        text: "Object not found",
        when: "A data source looks up an object that the control plane does not have.",
        remedy: "Check the spelling, and that the API token belongs to the account that has the object.",
    }
    NOTHING_FOUND {
        text: "Nothing found, so the attributes are null",
        when: "A data source looks up an object that does not exist, and does not say whether it may be missing.",
        remedy: "Correct the argument, or set whether the object may be missing.",
    }
    MULTIPLE_MATCHES {
        text: "Multiple objects match",
        when: "A data source or an import names one object, and several match.",
        remedy: "Set a further argument that narrows the lookup, or name the object by its identity.",
    }

    // Requests.
    CREATE_FAILED {
        text: "Failed to create the object",
        when: "The request that creates an object failed.",
        remedy: "Follow the message, then apply again.",
    }
    READ_FAILED {
        text: "Failed to read the object",
        when: "The request that refreshes an object failed.",
        remedy: "Follow the message, then plan again.",
    }
    UPDATE_FAILED {
        text: "Failed to update the object",
        when: "The request that updates an object failed.",
        remedy: "Follow the message, then apply again.",
    }
    RELEASE_FAILED {
        text: "Failed to release the object",
        when: "The request that releases an object before a destroy removes it from state failed.",
        remedy: "Follow the message, then apply again.",
    }
    NOT_RELEASED {
        text: "Object not released",
        when: "A destroy should release an object, but it is not certain that no other resource manages the object.",
        remedy: "Release the object in the control plane's dashboard if nothing else manages it.",
    }
    DELETE_FAILED {
        text: "Failed to delete the object",
        when: "The request that deletes an object failed.",
        remedy: "Follow the message, then apply again.",
    }
    FIND_FAILED {
        text: "Failed to search for the object",
        when: "An earlier create got no response, and the request that searches for its object failed.",
        remedy: "Follow the message, then plan again.",
    }
    LOOKUP_FAILED {
        text: "Failed to look up the object",
        when: "The request of a data source failed.",
        remedy: "Follow the message, then plan again.",
    }
    IMPORT_FAILED {
        text: "Failed to find the object to import",
        when: "A request failed that finds the object of an import.",
        remedy: "Follow the message, then import again.",
    }
    LIST_FAILED {
        text: "Failed to list the objects",
        when: "The request of a list block failed.",
        remedy: "Follow the message, then query again.",
    }
    LIST_CUT {
        text: "The list is cut",
        when: "More objects match than the `limit` of a list block, which is 100 if it is not set.",
        remedy: "Set `limit` in the `list` block to at least the number that the message names.",
    }
    LIST_INCOMPLETE {
        text: "Objects are missing from the list",
        when: "The control plane lists an object, but a request for it failed, or its response is unexpected.",
        remedy: "Follow the message, then query again.",
    }
    UNEXPECTED_RESPONSE {
        text: "Unexpected response from the control plane",
        when: "A response is not about the requested object, or does not have the form of one.",
        remedy: "Check that the endpoint is the address of a control plane and that no proxy responds in its place.",
    }
    UNEXPECTED_TYPE {
        text: "Unexpected value type from the control plane",
        when: "A field of a response has another type than the provider expects.",
        remedy: "Upgrade the provider, or report the message to its developers.",
    }
    OBJECT_GONE {
        text: "Object no longer exists",
        when: "An update found that the object was deleted outside Terraform after the plan.",
        remedy: "Plan again: the new plan creates the object.",
    }

    // State.
    CREATE_UNCONFIRMED {
        text: "Cannot tell whether the object was created",
        when: "The request that creates an object got no usable response, so state keeps the object as tainted.",
        remedy: "Plan again: the provider then looks the object up by its name and shows how to import it.",
    }
    CLAIM_DROPPED {
        text: "Object removed from state, but it may exist",
        when: "An earlier create got no response, and an object has the name now.",
        remedy: "Import the object with the command in the message, or give the resource another name.",
    }
    ABSENCE_UNCONFIRMED {
        text: "Cannot tell whether the object still exists",
        when: "An object is not found, but with another endpoint or token than those with which it was last seen.",
        remedy: "Correct `endpoint` or the token. If the object was deleted, remove it from state with `terraform state rm`.",
    }
    REFERENCE_NOT_FOUND {
        text: "Referenced object not found",
        when: "An argument names an object that exists neither in the account nor in the plan.",
        remedy: "Correct the name, or create the object first.",
    }
    VALUE_TAKEN {
        text: "Value is taken",
        when: "A plan gives an object a name, or another value that must be unique, that another object has.",
        remedy: "Choose another value, or import the object that has it.",
    }
    CHECK_SKIPPED {
        text: "Plan not checked against the account",
        when: "A request failed that a check of the plan needs.",
        remedy: "Follow the message, or leave out the checks of plans that send requests.",
    }
    NOT_RECORDED {
        text: "Referenced objects not recorded",
        when: "A run depends on other objects that are to be followed, and the request failed that shows how they are at its start.",
        remedy: "Follow the message, then plan again: the refresh records the objects.",
    }
    RENAME_REPLACES {
        text: "New name replaces other objects",
        when: "An object is renamed, and others that name it in a string are replaced because of that.",
        remedy: "Refer to the name with a reference to the resource.",
    }
    PROTECTED {
        text: "Object is protected",
        when: "The configuration protects an object that has had a run from another one, and the plan or the apply would start one.",
        remedy: "Undo the change that the message names, or set the argument to false to allow the run.",
    }
    TOO_MANY_RUNS {
        text: "Plan exceeds a limit",
        when: "A plan would repeat the runs of more objects than the argument of the provider block allows.",
        remedy: "Apply fewer changes at once, or raise the limit.",
    }
    MANAGED_TWICE {
        text: "Object managed by two resources",
        when: "Two resources manage one object, and would undo each other's changes or repeat each other's runs.",
        remedy: "Remove one of the resources from the configuration.",
    }
    INPUT_CHANGED {
        text: "Object changed during its run",
        when: "A run ended, and an argument that it depends on is another than the apply has set.",
        remedy: "Find out what else changes the object, then apply again.",
    }
    VALUE_NOT_SENT {
        text: "Value not sent",
        when: "An imported object has a write-only argument without a version.",
        remedy: "Set the version argument that the message names, for example to 1.",
    }
    OVERRIDDEN {
        text: "Value overridden by the control plane",
        when: "The control plane accepted a change and returned another value than the configured one.",
        remedy: "Configure the value that the control plane returns, or leave the argument out.",
    }

    // Runs.
    START_FAILED {
        text: "Failed to start the run",
        when: "The request that starts a run failed.",
        remedy: "Follow the message, then apply again.",
    }
    RUN_UNIDENTIFIED {
        text: "Cannot identify the started run",
        when: "The response to the request that starts a run does not identify the run.",
        remedy: "Check in the control plane's dashboard how the run ended, then apply again.",
    }
    RUN_FAILED {
        text: "Run failed",
        when: "A run ended without success.",
        remedy: "Fix the cause that the message names, then apply again: this replaces the object and starts another run.",
    }
    RUN_TIMED_OUT {
        text: "Timeout while waiting for the run",
        when: "A run was still active when the timeout of the operation ended.",
        remedy: "Apply again to go on waiting, or set a longer timeout in the `timeouts` block.",
    }
    RUN_NOT_FOLLOWED {
        text: "Failed to follow the run",
        when: "A run is or may be active, and the provider can no longer read its status.",
        remedy: "Follow the message, then apply again to go on waiting.",
    }
    ROLLOUT_STOPPED {
        text: "Rollout stopped",
        when: "More runs of a group failed than its settings allow, or its members cannot be listed. No other run of the group is started.",
        remedy: "Fix the cause that the message names, then apply again: the apply goes on with what is left.",
    }
    ROLLOUT_INTERRUPTED {
        text: "Interrupted before its turn",
        when: "Terraform was interrupted while an object waited for others of its group, or for the limit of the provider block.",
        remedy: "Apply again: the apply goes on with what is left.",
    }
    ROLLOUT_CONFLICT {
        text: "Settings of a group differ",
        when: "Two objects of a group have other settings, or an object is a member of two groups.",
        remedy: "Give all objects of a group the same settings, and each object one group.",
    }
    NOT_AVAILABLE {
        text: "Object not available after its run",
        when: "A run succeeded, but its object was not available when the timeout ended. Its group counts that as a failure.",
        remedy: "Find out why the object is not available, then apply again.",
    }
    INTERRUPTED_BEFORE_RUN {
        text: "Interrupted before the run started",
        when: "Terraform was interrupted before the provider started a run.",
        remedy: "Apply again: the run starts then.",
    }
    INTERRUPTED_DURING_RUN {
        text: "Interrupted during the run",
        when: "Terraform was interrupted while a run was active; the run continues.",
        remedy: "Apply again to go on waiting.",
    }
    OTHER_RUN {
        text: "Waited for another run",
        when: "A run was active already, so the provider waited for it and did not start another one.",
        remedy: "If that run was not for the current configuration, apply with `-replace`.",
    }
    RUN_UNCONFIRMED {
        text: "Cannot tell whether the run took place",
        when: "The response to an earlier start was lost, or the control plane no longer has the run.",
        remedy: "Check the control plane's dashboard; if the run did not take place, apply with `-replace`.",
    }
    RUN_LEFT {
        text: "Run no longer followed",
        when: "A `moved` block makes a resource with an active run another one that has no runs.",
        remedy: "Check in the control plane's dashboard how the run ends.",
    }
    NOT_TAKEN_OVER {
        text: "Object is not as it is configured",
        when: "A create was asked to take an object over as it is, and the object has other values, or needs a run.",
        remedy: "Configure what the object has, or remove the argument that asks for it.",
    }
    NOT_REPLACED {
        text: "Object was taken over instead of replaced",
        when: "A create that replaces an object with `create_before_destroy` took it over, because Terraform did not show that it is a replacement.",
        remedy: "Remove the argument that asks for it, and apply with `-replace`.",
    }
    REFRESH_AFTER_RUN_FAILED {
        text: "Failed to refresh the object after its run",
        when: "A run succeeded, and the request that reads the object afterwards failed.",
        remedy: "Plan again: the plan refreshes the object.",
    }

    BUG {
        text: "Internal error in the provider",
        when: "The provider has a bug.",
        remedy: "Report the message to the provider's developers.",
    }
}
