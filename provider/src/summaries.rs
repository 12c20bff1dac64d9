//! The summaries of the diagnostics about the provider block and of the hooks.
//!
//! Tests: `provider/tests/summaries.rs`.

use engine::diagnostic::Summary;

engine::summaries! {
    INVALID_ENDPOINT {
        text: "Invalid endpoint",
        when: "The `endpoint` of the provider block is not a usable URL.",
        remedy: "Set the URL of the control plane, without user name, password, query or fragment.",
    }
    MISSING_TOKEN {
        text: "Missing API token",
        when: "Neither the provider block nor the environment sets the API token.",
        remedy: "Create a token on the API Tokens page of the Durantic dashboard and set it.",
    }
    INVALID_TOKEN {
        text: "Invalid API token",
        when: "The API token is empty, is in quotation marks, or has characters that are not allowed in a token.",
        remedy: "Check the token for spaces, line ends and quotation marks.",
    }
    INVALID_TOKEN_FILE {
        text: "Invalid API token file",
        when: "The file of `api_token_file` cannot be read or does not have a token.",
        remedy: "Write the token to the file, in one line.",
    }
    INVALID_CERTIFICATES {
        text: "Invalid CA certificate file",
        when: "The file of `ca_cert_file` cannot be read or has no usable certificate.",
        remedy: "Set `ca_cert_file` to a file of PEM-encoded certificates.",
    }
    INVALID_DURATION {
        text: "Invalid duration",
        when: "The `request_timeout` of the provider block is zero, or longer than a year.",
        remedy: "Set a duration such as `30s`.",
    }
    UNENCRYPTED {
        text: "API token sent without encryption",
        when: "The `endpoint` of the provider block uses http and is not on this machine.",
        remedy: "Use https.",
    }
    UNVERIFIED {
        text: "TLS certificate verification disabled",
        when: "The provider block sets `insecure_skip_verify`.",
        remedy: "To trust a private certificate authority, set `ca_cert_file` instead.",
    }
    NETWORK_NOT_PRIVATE {
        text: "Network block is not private",
        when: "The `network_cidr` of a mesh network is outside the private blocks of RFC 1918.",
        remedy: "Choose a block within 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16.",
    }
    NETWORK_HAS_HOST_BITS {
        text: "Network block has host bits",
        when: "The `network_cidr` of a mesh network has bits set outside its prefix.",
        remedy: "Use the block that the message suggests.",
    }
    REINSTALLS {
        text: "This plan reinstalls machines",
        when: "A plan installs a machine that has been installed before, or may be in use.",
        remedy: "Read which machines it names, and apply only if their data may be lost.",
    }
    NETWORKS_OVERLAP {
        text: "Networks overlap",
        when: "The `network_cidr` of a mesh network has addresses of another network.",
        remedy: "Choose another block, unless no machine needs to reach both networks.",
    }
    NETWORK_FULL {
        text: "Network has no free address",
        when: "More machines join a mesh network than it has free addresses.",
        remedy: "Use another network, or take machines out of this one first.",
    }
    NETWORK_REQUIRED {
        text: "Role requires a mesh network",
        when: "A machine has a role with `requires_mesh`, and is in no mesh network.",
        remedy: "Set `mesh_network_uuid`.",
    }
    NO_IMAGE {
        text: "No role has an image",
        when: "A plan installs a machine, and its roles say not which image.",
        remedy: "Set `image_uuid` in a role of the machine.",
    }
    MACHINE_OFFLINE {
        text: "Machine is offline",
        when: "A plan installs a machine whose agent does not report.",
        remedy: "Start the machine, or check its network.",
    }
    NOT_A_DEVICE {
        text: "Target disk is not a device path",
        when: "The `target_disk` of a machine is not a path below `/dev/`.",
        remedy: "Set a path such as `/dev/nvme0n1`.",
    }
    FORCED_BY_MISTAKE {
        text: "Machine may be reinstalled by mistake",
        when: "The value of `force_provision` is empty, or changes with each plan.",
        remedy: "Set a value that changes only when the machine is to be reinstalled.",
    }
    HEALTH_CHECK_TIMES {
        text: "Health check times cannot work",
        when: "A health check may take longer than the time between two checks.",
        remedy: "Shorten the timeout or lengthen the interval.",
    }
    HEALTH_CHECK_TARGET {
        text: "Health check target may be wrong",
        when: "The target of a health check has no valid port.",
        remedy: "Correct the port as the message says.",
    }
    PREFIX_HAS_HOST_BITS {
        text: "Prefix has host bits",
        when: "An address block of a route or of a route policy rule has bits set outside its prefix.",
        remedy: "Use the block that the message suggests.",
    }
    UNUSED_MATCH {
        text: "Match has no effect",
        when: "A rule has a match that its `match_type` does not use.",
        remedy: "Set the `match_type` that the message names, or remove the match.",
    }
    INVALID_AS_PATH {
        text: "AS path expression cannot be parsed",
        when: "The `match_as_path_regex` of a rule is not a regular expression.",
        remedy: "Correct the expression.",
    }
    NAME_NOT_IN_TEMPLATES {
        text: "Name cannot be written in templates",
        when: "The name of a secret or variable is not an identifier, so that `secrets.NAME` or `vars.NAME` cannot have it.",
        remedy: "Choose a name of letters, digits and underscores.",
    }
    READ_BY_MACHINES {
        text: "Machines keep the earlier value",
        when: "A plan changes a secret or variable that the templates of installed machines read.",
        remedy: "Install the machines again if they need the new value.",
    }
    INVALID_CA_CERT {
        text: "Invalid CA certificate",
        when: "The `ca_cert` of a secrets backend has no PEM-encoded certificate.",
        remedy: "Set the certificate itself, for example with `file()`.",
    }
    INVALID_TEMPLATE {
        text: "Invalid template",
        when: "The `template_data` of a role is no Jinja2 template, or has a misspelt name, so that no machine could be installed with it.",
        remedy: "Correct the template at the line and column of the message.",
    }
    TEMPLATE_NAME {
        text: "Unknown name in the template",
        when: "The `template_data` of a role uses a name, a member or a tag that templates do not have.",
        remedy: "Correct the name, or use `default` or `is defined` if it may be missing.",
    }
    TEMPLATE_NAME_NOT_FOUND {
        text: "Secret or variable of the template not found",
        when: "The `template_data` of a role uses a secret or variable that neither the account nor the plan has.",
        remedy: "Create it, or correct the name. Installations with the role fail without it.",
    }
    TEMPLATE_RESULT {
        text: "Template may not give what is meant",
        when: "The `template_data` of a role gives a result that cloud-init does not accept, or looks like the path of a file.",
        remedy: "Begin the template with `#cloud-config`, correct its YAML, and read files with `file()`.",
    }
    DUPLICATE_SEQUENCE {
        text: "Duplicate rule sequence",
        when: "Two rules of a route policy set have the same `sequence`.",
        remedy: "Give each rule a unique `sequence`.",
    }
    INVALID_PREFIX_LENGTHS {
        text: "Invalid prefix length range",
        when: "The `match_prefix_len_min` of a rule is greater than its `match_prefix_len_max`.",
        remedy: "Lower the minimum or raise the maximum.",
    }
    RULE_CREATE_FAILED {
        text: "Failed to create the route policy rule",
        when: "The request that creates a rule of a route policy set failed.",
        remedy: "Follow the message, then apply again to change the remaining rules.",
    }
    RULE_UPDATE_FAILED {
        text: "Failed to update the route policy rule",
        when: "The request that updates a rule of a route policy set failed.",
        remedy: "Follow the message, then apply again to change the remaining rules.",
    }
    RULE_DELETE_FAILED {
        text: "Failed to delete the route policy rule",
        when: "The request that deletes a rule of a route policy set failed.",
        remedy: "Follow the message, then apply again to change the remaining rules.",
    }
}

/// The catalogue of summaries: every diagnostic that the provider can show has one of them.
pub fn all() -> impl Iterator<Item = &'static Summary> {
    let lists = [
        engine::summaries::ALL,
        client::summaries::ALL,
        rpc::summaries::ALL,
        ALL,
    ];
    lists.into_iter().flatten().copied()
}
