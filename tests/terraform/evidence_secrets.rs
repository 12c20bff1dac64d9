//! An omitted secret or password is kept: only a create needs one. ARCHITECTURE.md has the rule, under "Evidence".

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane};
use serde_json::{Value as Json, json};

use super::{applied, changes, control_plane, workspace};

/// A resource with a value that the control plane never returns.
struct Kind {
    name: &'static str,
    collection: Collection,
    /// The argument with the value. Its write-only variant has the suffix `_wo`.
    argument: &'static str,
    /// The other required arguments.
    required: &'static str,
    fields: Json,
}

impl Kind {
    fn address(&self) -> String {
        format!("durantic_{}.it", self.name)
    }

    /// A configuration with these further arguments.
    fn configuration(&self, arguments: &str) -> String {
        let Self { name, required, .. } = self;
        format!("resource \"durantic_{name}\" \"it\" {{\n  name = \"it\"\n{required}{arguments}\n}}\n")
    }

    /// A configuration with this value.
    fn with(&self, value: &str) -> String {
        self.configuration(&format!("  {} = \"{value}\"\n", self.argument))
    }

    /// A configuration with this write-only value.
    fn with_write_only(&self, value: &str) -> String {
        let argument = self.argument;
        self.configuration(&format!(
            "  {argument}_wo = \"{value}\"\n  {argument}_wo_version = 1\n"
        ))
    }

    /// Creates an object outside Terraform, and returns its uuid.
    fn create(&self, control_plane: &ControlPlane) -> String {
        let mut fields = self.fields.clone();
        fields["name"] = json!("it");
        fields[self.argument] = json!("theirs");
        let fields = fields.as_object().expect("an object").clone();
        let created = control_plane.create(self.collection, fields).expect("an object");
        created["uuid"].as_str().expect("a uuid").to_owned()
    }

    /// The value in the control plane.
    fn stored(&self, control_plane: &ControlPlane) -> Json {
        let object = control_plane.find(self.collection, "it");
        object.expect("the object exists")[self.argument].clone()
    }

    /// The arguments with the value and the version, in state.
    fn in_state(&self, workspace: &Workspace) -> [Json; 2] {
        let state = workspace.state(&self.address());
        let version = format!("{}_wo_version", self.argument);
        [state[self.argument].clone(), state[version].clone()]
    }

    /// Asserts that a plan is an error on the argument with the value.
    async fn cannot_be_created(&self, workspace: &Workspace, plan: &[&str]) {
        let output = workspace.run(plan).await.fails();
        let (noun, argument) = (self.name.replace('_', " "), self.argument);
        let reason = format!(
            "One of `{argument}`, `{argument}_wo` is required to create {noun} \"it\". Set one of them"
        );
        assert!(output.contains(&reason), "{output}");
        let place = format!("with {},", self.address());
        assert!(output.contains(&place), "{output}");
    }
}

fn kinds() -> [Kind; 2] {
    [
        Kind {
            name: "secret",
            collection: Collection::Secrets,
            argument: "value",
            required: "",
            fields: json!({}),
        },
        Kind {
            name: "registry_credential",
            collection: Collection::RegistryCredentials,
            argument: "password",
            required: "  username = \"robot\"\n  registry_url = \"ghcr.io\"\n",
            fields: json!({"username": "robot", "registry_url": "ghcr.io"}),
        },
    ]
}

#[tokio::test]
async fn generated_configuration_of_imported_secrets_keeps_them() {
    let control_plane = control_plane().await;
    let import = |kind: &Kind| {
        let uuid = kind.create(&control_plane);
        format!("import {{\n  to = {}\n  id = \"{uuid}\"\n}}\n", kind.address())
    };
    let imports: String = kinds().iter().map(import).collect();
    let workspace = workspace(&control_plane, &imports);
    let generate = ["plan", "-generate-config-out=generated.tf"];
    workspace.run(&generate).await.succeeds();
    control_plane.log().clear();
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(changes(&control_plane), Vec::<String>::new());

    let generated = std::fs::read_to_string(workspace.path().join("generated.tf")).expect("a file");
    let described: String = generated
        .lines()
        .map(|line| {
            if line.trim_start().starts_with("description") {
                "  description = \"new\"\n".to_owned()
            } else {
                format!("{line}\n")
            }
        })
        .collect();
    workspace.write("generated.tf", &described);
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(changes(&control_plane).len(), 2, "both descriptions are sent");
    for kind in kinds() {
        assert_eq!(kind.stored(&control_plane), "theirs", "{}", kind.name);
    }
}

#[tokio::test]
async fn create_without_a_value_is_an_error_of_the_plan() {
    for kind in kinds() {
        let control_plane = control_plane().await;
        let workspace = workspace(&control_plane, &kind.configuration(""));
        workspace.run(&["validate"]).await.succeeds();
        kind.cannot_be_created(&workspace, &["plan"]).await;

        // An imported object has none in state: a plan that creates it again cannot have one either.
        let uuid = kind.create(&control_plane);
        let address = kind.address();
        workspace.run(&["import", &address, &uuid]).await.succeeds();
        workspace.plans_empty().await;
        kind.cannot_be_created(&workspace, &["plan", &format!("-replace={address}")])
            .await;
        workspace.run(&["taint", &address]).await.succeeds();
        kind.cannot_be_created(&workspace, &["plan"]).await;
        workspace.run(&["untaint", &address]).await.succeeds();
        workspace.plans_empty().await;
        assert_eq!(changes(&control_plane), Vec::<String>::new());
    }
}

#[tokio::test]
async fn value_that_turns_out_null_is_an_error_before_the_create() {
    for kind in kinds() {
        let control_plane = control_plane().await;
        let value = format!(
            "  {} = terraform_data.later.id == \"\" ? \"v\" : null\n",
            kind.argument
        );
        let configuration = format!(
            "resource \"terraform_data\" \"later\" {{}}\n{}",
            kind.configuration(&value)
        );
        let workspace = workspace(&control_plane, &configuration);
        workspace.run(&["plan"]).await.succeeds();
        kind.cannot_be_created(&workspace, &["apply", "-auto-approve"])
            .await;
        assert_eq!(changes(&control_plane), Vec::<String>::new());
    }
}

#[tokio::test]
async fn value_that_leaves_the_configuration_is_kept() {
    for kind in kinds() {
        for (configured, version) in [
            (kind.with("ours"), Json::Null),
            (kind.with_write_only("ours"), json!(1)),
        ] {
            let (control_plane, workspace) = applied(&configured).await;
            assert_eq!(kind.in_state(&workspace)[1], version);
            control_plane.log().clear();
            workspace.configure(&kind.configuration(""));
            assert_eq!(
                workspace.plan().await.changes(),
                [format!("{}: update", kind.address())]
            );
            workspace.run(&["apply", "tfplan"]).await.succeeds();
            workspace.plans_empty().await;
            assert_eq!(kind.in_state(&workspace), [Json::Null, Json::Null]);
            assert_eq!(kind.stored(&control_plane), "ours", "{}", kind.name);
            assert_eq!(changes(&control_plane), Vec::<String>::new());

            workspace.configure(&configured.replace("ours", "new"));
            workspace.apply().await;
            workspace.plans_empty().await;
            assert_eq!(kind.stored(&control_plane), "new", "{}", kind.name);
        }
    }
}
