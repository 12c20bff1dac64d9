//! `template check` prints findings with their place, and the result.

use crate::home::Home;

const GOOD: &str = "#cloud-config\nhostname: {{ machine.hostname }}\n";
const BAD: &str = "#cloud-config\nhostname: {{ machin.hostname }}\nx: {{ machine.name }}\n";

#[tokio::test]
async fn check_prints_each_finding_with_its_place() {
    let home = Home::new(&[("good.yaml", GOOD), ("bad.yaml", BAD), ("path.yaml", "web.yaml")]);
    let run = home
        .provider(&["template", "check", "good.yaml", "bad.yaml", "path.yaml"])
        .await;
    assert_eq!(run.status, Some(1), "{}", run.stderr);
    assert_eq!(
        run.stdout,
        "good.yaml: no problems found\n\
         bad.yaml:2:14: error: `machin` is not defined. Did you mean `machine`?\n\
         \x20 hostname: {{ machin.hostname }}\n\
         \x20              ^\n\
         bad.yaml:3:15: warning: `machine` has no `name`. It has `hostname`, `mesh` and `discovered_ip_addresses`.\n\
         \x20 x: {{ machine.name }}\n\
         \x20               ^\n\
         path.yaml:1:1: warning: The template looks like the path of a file. To use the content of the file, write `file(…)`.\n\
         \x20 web.yaml\n\
         \x20 ^\n"
    );
    let run = home.provider(&["template", "check", "path.yaml"]).await;
    assert_eq!(run.status, Some(0), "a warning does not change the exit status");
}

#[tokio::test]
async fn check_renders_with_a_context() {
    let context = r#"{ "machine": { "hostname": "web-1" }, "secrets": { "a": "canary" } }"#;
    let home = Home::new(&[
        ("good.yaml", GOOD),
        ("fails.yaml", "#cloud-config\na: {{ secrets.b }}\n"),
        ("warns.yaml", "a: {{ machine.hostname }}\n"),
        ("context.json", context),
        ("list.json", "[]"),
    ]);
    let check = async |template: &str, context: &str| {
        home.provider(&["template", "check", template, "--context", context])
            .await
    };
    let run = check("good.yaml", "context.json").await;
    assert_eq!(
        (run.status, run.stdout.as_str()),
        (Some(0), "#cloud-config\nhostname: web-1\n")
    );
    let run = check("warns.yaml", "context.json").await;
    assert_eq!((run.status, run.stdout.as_str()), (Some(0), "a: web-1\n"));
    assert!(
        run.stderr
            .starts_with("warns.yaml:1:1: warning: cloud-init ignores the result"),
        "{}",
        run.stderr
    );
    let run = check("fails.yaml", "context.json").await;
    assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""));
    assert!(
        run.stderr
            .starts_with("fails.yaml:2:7: error: Undefined value: `secrets.b`"),
        "{}",
        run.stderr
    );
    let run = check("good.yaml", "list.json").await;
    assert_eq!(run.status, Some(1));
    assert!(
        run.stderr.starts_with("error: `list.json` is not a JSON object"),
        "{}",
        run.stderr
    );
}

#[tokio::test]
async fn check_reports_a_wrong_command_line() {
    let home = Home::new(&[("a.yaml", GOOD), ("b.yaml", GOOD), ("context.json", "{}")]);
    for arguments in [
        &["template"][..],
        &["template", "check"],
        &["template", "chek", "a.yaml"],
        &[
            "template",
            "check",
            "a.yaml",
            "b.yaml",
            "--context",
            "context.json",
        ],
    ] {
        assert_eq!(home.provider(arguments).await.status, Some(2), "{arguments:?}");
    }
    let run = home.provider(&["template", "check", "missing.yaml"]).await;
    assert_eq!(run.status, Some(1));
    assert!(
        run.stderr.starts_with("error: failed to read `missing.yaml`"),
        "{}",
        run.stderr
    );
}
