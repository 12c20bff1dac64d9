//! The provider's functions.

use super::{control_plane, workspace};

#[tokio::test]
async fn render_template_shows_the_result_and_keeps_it_sensitive() {
    let control_plane = control_plane().await;
    let workspace = workspace(
        &control_plane,
        r#"
        variable "token" {
          default   = "canary"
          sensitive = true
        }

        output "plain" {
          value = provider::durantic::render_template("a: {{ machine.hostname }} {{ vars.n + 1 }} {{ vars.l }}", {
            machine = { hostname = "web-1" }
            vars    = { n = 1, l = ["x", 0.5, true, null] }
          })
        }

        output "hidden" {
          sensitive = true
          value     = provider::durantic::render_template("{{ secrets.token }}", { secrets = { token = var.token } })
        }
        "#,
    );
    let apply = workspace.apply().await.stdout;
    assert!(
        apply.contains(r#"plain = "a: web-1 2 ['x', 0.5, True, None]""#),
        "{apply}"
    );
    assert!(
        apply.contains("hidden = <sensitive>") && !apply.contains("canary"),
        "{apply}"
    );
}

#[tokio::test]
async fn render_template_reports_the_place_of_an_error() {
    let control_plane = control_plane().await;
    let workspace = workspace(
        &control_plane,
        r##"
        output "failed" {
          value = provider::durantic::render_template("#cloud-config\na: {{ secrets.token }}", { secrets = {} })
        }
        "##,
    );
    let plan = workspace.run(&["plan"]).await;
    assert_eq!(plan.status, Some(1));
    let printed = plan.printed();
    assert!(
        printed.contains("Invalid value for \"template\" parameter"),
        "{printed}"
    );
    assert!(
        printed.contains("Line 2, column 7: Undefined value: `secrets.token` is undefined."),
        "{printed}"
    );
}
