//! Objects that are removed together with what uses them: a delete that the control plane rejects, its remedy, and the lifecycle that
//! avoids it. Terraform's order: <https://github.com/hashicorp/terraform/blob/main/docs/destroying.md>.

use acceptance::terraform::Workspace;
use harness::control_plane::{Collection, ControlPlane, Fault};
use provider::durantic::DEFINITION;
use schema::Delete;

use super::{MACHINE, changes, control_plane, everything, workspace};

const BEFORE_DESTROY: &str = "  lifecycle {\n    create_before_destroy = true\n  }\n";

/// What the error of a rejected delete says besides the control plane's message.
const ORDER: &str = "Terraform deletes an object before it updates those that no longer refer to it, unless the object has \
                     `lifecycle { create_before_destroy = true }`. State keeps this setting, so it must be applied before the block \
                     is removed.";

/// An object, and another that uses it and stays when the object is removed.
struct Use {
    /// The address of the object.
    object: &'static str,
    /// Its arguments.
    arguments: &'static str,
    collection: Collection,
    /// The resource that uses it, without the argument that refers to the object.
    user: &'static str,
    /// That argument, and its value once the object is removed.
    argument: &'static str,
    without: &'static str,
    /// The control plane's message.
    message: &'static str,
}

const ROLE: Use = Use {
    object: "durantic_machine_role.it",
    arguments: "  name = \"web\"\n",
    collection: Collection::MachineRoles,
    user: "durantic_machine_config",
    argument: "  role_names = [durantic_machine_role.it.name]\n",
    without: "  role_names = []\n",
    message: "the role 'web' is assigned to the machine 'node-1' and cannot be deleted",
};

const NETWORK: Use = Use {
    object: "durantic_mesh_network.it",
    arguments: "  name = \"mesh\"\n  network_cidr = \"10.42.0.0/24\"\n",
    collection: Collection::MeshNetworks,
    user: "durantic_machine_config",
    argument: "  mesh_network_uuid = durantic_mesh_network.it.uuid\n",
    without: "",
    message: "the mesh network 'mesh' is used by a machine 'node-1' and cannot be deleted",
};

const VIP: Use = Use {
    object: "durantic_vip.it",
    arguments: "  name = \"vip\"\n  address = \"192.0.2.1\"\n",
    collection: Collection::Vips,
    user: "durantic_machine_role",
    argument: "  vip_uuid = durantic_vip.it.uuid\n",
    without: "",
    message: "the VIP 'vip' is used by a machine role 'user' and cannot be deleted",
};

impl Use {
    /// The block of the object, with further lines.
    fn block(&self, lines: &str) -> String {
        let (kind, label) = self.object.split_once('.').expect("an address");
        format!(
            "resource \"{kind}\" \"{label}\" {{\n{}{lines}}}\n",
            self.arguments
        )
    }

    /// The block of the user, with an argument or without.
    fn user(&self, argument: &str) -> String {
        let identity = match self.user {
            "durantic_machine_config" => format!("  machine_uuid = \"{MACHINE}\"\n"),
            _ => "  name = \"user\"\n".to_owned(),
        };
        format!("resource \"{}\" \"user\" {{\n{identity}{argument}}}\n", self.user)
    }

    fn both(&self, lines: &str) -> String {
        self.block(lines) + &self.user(self.argument)
    }

    /// The number of these objects in the control plane.
    fn count(&self, control_plane: &ControlPlane) -> usize {
        control_plane.objects(self.collection).len()
    }

    /// A control plane that guards objects in use, and a workspace with the object and its user.
    async fn applied(&self, lines: &str) -> (ControlPlane, Workspace) {
        let control_plane = control_plane().await;
        control_plane.guard_everything();
        let workspace = workspace(&control_plane, &self.both(lines));
        workspace.apply().await;
        (control_plane, workspace)
    }

    /// The object and its use are removed in one apply.
    async fn converges_in_one_apply(&self) {
        let (control_plane, workspace) = self.applied(BEFORE_DESTROY).await;
        let count = self.count(&control_plane);
        workspace.configure(&self.user(self.without));
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(self.count(&control_plane), count - 1);
    }

    /// Without the lifecycle, the error names the user and the remedy.
    async fn rejected(&self) -> (ControlPlane, Workspace) {
        let (control_plane, workspace) = self.applied("").await;
        workspace.configure(&self.user(self.without));
        let run = workspace.run(&["apply", "-auto-approve"]).await;
        let output = run.fails();
        assert!(output.contains(self.message), "{output}");
        assert!(output.contains(ORDER), "{output}");
        (control_plane, workspace)
    }

    /// The first remedy: put the block back with the setting, apply, and remove both.
    async fn converges_with_the_setting(&self) {
        let (control_plane, workspace) = self.rejected().await;
        workspace.configure(&self.both(BEFORE_DESTROY));
        workspace.apply().await;
        workspace.configure(&self.user(self.without));
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(control_plane.find(self.collection, self.name()), None);
    }

    /// The second remedy: put the block back, remove only the use, apply, and then remove the block.
    async fn converges_in_two_applies(&self) {
        let (control_plane, workspace) = self.rejected().await;
        workspace.configure(&(self.block("") + &self.user(self.without)));
        workspace.apply().await;
        workspace.configure(&self.user(self.without));
        workspace.apply().await;
        workspace.plans_empty().await;
        assert_eq!(control_plane.find(self.collection, self.name()), None);
    }

    /// The name of the object.
    fn name(&self) -> &'static str {
        self.arguments.split('"').nth(1).expect("a name")
    }
}

#[tokio::test]
async fn role_and_its_use_are_removed_in_one_apply() {
    ROLE.converges_in_one_apply().await;
}

#[tokio::test]
async fn network_and_its_use_are_removed_in_one_apply() {
    NETWORK.converges_in_one_apply().await;
}

#[tokio::test]
async fn vip_and_its_use_are_removed_in_one_apply() {
    VIP.converges_in_one_apply().await;
}

#[tokio::test]
async fn role_in_use_is_removed_with_the_setting() {
    ROLE.converges_with_the_setting().await;
}

#[tokio::test]
async fn network_in_use_is_removed_with_the_setting() {
    NETWORK.converges_with_the_setting().await;
}

#[tokio::test]
async fn vip_in_use_is_removed_with_the_setting() {
    VIP.converges_with_the_setting().await;
}

#[tokio::test]
async fn role_in_use_is_removed_in_two_applies() {
    ROLE.converges_in_two_applies().await;
}

#[tokio::test]
async fn network_in_use_is_removed_in_two_applies() {
    NETWORK.converges_in_two_applies().await;
}

#[tokio::test]
async fn vip_in_use_is_removed_in_two_applies() {
    VIP.converges_in_two_applies().await;
}

/// The setting of a role extends to what the role refers to.
#[tokio::test]
async fn vip_of_a_role_inherits_the_setting_of_the_role() {
    let (control_plane, workspace) = VIP.applied("").await;
    let role = |argument: &str| VIP.user(&format!("{argument}{BEFORE_DESTROY}"));
    workspace.configure(&(VIP.block("") + &role(VIP.argument)));
    workspace.apply().await;
    workspace.configure(&role(VIP.without));
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(control_plane.find(VIP.collection, "vip"), None);
}

/// The use ended outside Terraform: to apply again is enough.
#[tokio::test]
async fn role_whose_use_is_gone_is_removed_by_another_apply() {
    let (control_plane, workspace) = ROLE.rejected().await;
    let released = control_plane.update(Collection::Machines, MACHINE, |machine| {
        machine.insert("role_names".to_owned(), serde_json::json!([]));
    });
    released.expect("the machine is released");
    workspace.apply().await;
    workspace.plans_empty().await;
    assert_eq!(control_plane.find(ROLE.collection, "web"), None);
}

/// A network that is replaced while a machine is in it: names and address ranges are unique, so both must change.
#[tokio::test]
async fn replaced_network_in_use_needs_the_setting_and_a_new_name() {
    let (control_plane, workspace) = NETWORK.applied("").await;
    let changed = |configuration: &str| configuration.replace("10.42.0.0/24", "10.43.0.0/24");
    workspace.configure(&changed(&NETWORK.both("")));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains(NETWORK.message), "{output}");
    let remedy = "Terraform deletes the object before it creates its replacement and updates what refers to it. With `lifecycle { \
                  create_before_destroy = true }` in the block, it deletes the object last. If names are unique, the replacement \
                  then needs another name: change it in the same apply.";
    assert!(output.contains(remedy), "{output}");
    assert!(!output.contains(ORDER), "{output}");

    // The setting alone is not enough.
    workspace.configure(&changed(&NETWORK.both(BEFORE_DESTROY)));
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(
        output.contains("a mesh network with the name 'mesh' exists already"),
        "{output}"
    );

    workspace.configure(&changed(&NETWORK.both(BEFORE_DESTROY)).replace("\"mesh\"", "\"mesh-2\""));
    workspace.apply().await;
    workspace.plans_empty().await;
    let names = control_plane.objects(Collection::MeshNetworks);
    let names: Vec<_> = names.iter().map(|network| &network["name"]).collect();
    assert_eq!(names, ["mesh-2"]);
}

/// The delete of every resource shows the control plane's message and the remedy; a conflict of another request shows no remedy.
#[tokio::test]
async fn every_delete_names_the_use_and_the_remedy() {
    const MESSAGE: &str = "it is used by the thing '7'";
    let control_plane = control_plane().await;
    let workspace = workspace(&control_plane, everything::EVERYTHING);
    workspace.apply().await;
    let mut deletes = Vec::new();
    for binding in DEFINITION.resources {
        let Delete::Call(operation) = &binding.schema.api.delete else {
            continue;
        };
        deletes.push(operation.to_string());
        let update = binding.schema.api.update.as_deref().expect("it has an update");
        for operation in [operation.as_ref(), update] {
            control_plane.fault(Fault::detail(operation, 409, MESSAGE));
        }
    }
    assert_eq!(deletes.len(), 9, "{deletes:?}");

    workspace.configure(&everything::changed());
    let output = workspace.run(&["apply", "-auto-approve"]).await.fails();
    assert!(output.contains(MESSAGE), "{output}");
    assert!(!output.contains("create_before_destroy"), "{output}");

    let sent = changes(&control_plane).len();
    let output = workspace.run(&["destroy", "-auto-approve"]).await.fails();
    let rejected: Vec<String> = changes(&control_plane).split_off(sent);
    assert!(
        rejected.iter().all(|operation| operation.starts_with("delete_")),
        "{rejected:?}"
    );
    // Terraform does not try to delete what another object, whose delete failed, refers to.
    assert!(rejected.len() >= 7, "{rejected:?}");
    assert_eq!(output.matches(MESSAGE).count(), rejected.len(), "{output}");
    assert_eq!(output.matches(ORDER).count(), rejected.len(), "{output}");
}
