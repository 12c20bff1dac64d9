//! Validators, status 304, and compressed responses, seen from a client.

use std::io::Read as _;
use std::time::Duration;

use flate2::read::GzDecoder;
use harness::control_plane::{
    Builder, Collection, ControlPlane, Count, Object, PageStyle, Paging, Validators, machine_uuid,
    sample_uuid,
};
use serde_json::{Value, json};

use crate::client::{Client, operations};

const LIST: &str = "/api/controlplane/variables/";
const VARIABLE: Collection = Collection::Variables;

async fn start(validators: Validators, set: impl FnOnce(Builder) -> Builder) -> (ControlPlane, Client) {
    let builder = ControlPlane::builder()
        .stopped_clock()
        .objects(27)
        .validators(validators);
    let control_plane = set(builder).start().await.unwrap();
    let client = Client::new(&control_plane);
    (control_plane, client)
}

/// The status, the validators and the body of a GET with these headers.
async fn get(client: &Client, path: &str, headers: &[(&str, &str)]) -> (u16, [Option<String>; 2], Vec<u8>) {
    let response = client.get_with(path, headers).await;
    let header = |name| {
        response
            .headers()
            .get(name)
            .map(|value| value.to_str().unwrap().to_owned())
    };
    let validators = [header("etag"), header("last-modified")];
    let status = response.status().as_u16();
    (status, validators, response.bytes().await.unwrap().to_vec())
}

fn rename(name: &'static str) -> impl FnOnce(&mut Object) {
    move |object| {
        object.insert("name".to_owned(), json!(name));
    }
}

#[tokio::test]
async fn tag_of_objects_lists_and_pages_is_valid_until_a_change() {
    let paging = Paging::new(PageStyle::ItemsOffset, 2);
    for set in [None, Some(paging)] {
        let is_paged = set.is_some();
        let (control_plane, client) = start(Validators::Etag, |builder| match set {
            Some(paging) => builder.paging(paging),
            None => builder,
        })
        .await;
        let changed = sample_uuid(VARIABLE, 3);
        let mut paths = vec![LIST.to_owned(), format!("{LIST}{changed}")];
        if is_paged {
            paths = vec![format!("{LIST}?offset=2"), format!("{LIST}?limit=1")];
        }
        let mut tags = Vec::new();
        for path in &paths {
            let (status, [tag, modified], body) = get(&client, path, &[]).await;
            assert_eq!((status, modified), (200, None), "{path}");
            assert!(!body.is_empty());
            let tag = tag.unwrap();
            let (status, [repeated, _], body) = get(&client, path, &[("if-none-match", &tag)]).await;
            assert_eq!((status, body.len()), (304, 0), "{path}");
            assert_eq!(repeated.as_ref(), Some(&tag));
            tags.push(tag);
        }
        control_plane
            .update(VARIABLE, &changed, rename("renamed"))
            .unwrap();
        let mut statuses = Vec::new();
        for (path, tag) in paths.iter().zip(&tags) {
            statuses.push(get(&client, path, &[("if-none-match", tag)]).await.0);
        }
        // The first page of one item does not have the changed one.
        assert_eq!(statuses, if is_paged { [200, 304] } else { [200, 200] });
        assert_eq!(control_plane.violations(), [""; 0]);
    }
}

#[tokio::test]
async fn lists_show_the_time_of_their_last_change() {
    let (control_plane, client) = start(Validators::LastModified, |builder| builder).await;
    let mut seen = Vec::new();
    let changes: [&dyn Fn(); 3] = [
        &|| {
            let mut variable = Object::new();
            variable.insert("name".to_owned(), json!("new"));
            variable.insert("value".to_owned(), json!("v"));
            control_plane.create(VARIABLE, variable).unwrap();
        },
        &|| {
            let changed = sample_uuid(VARIABLE, 2);
            control_plane
                .update(VARIABLE, &changed, rename("renamed"))
                .unwrap();
        },
        &|| {
            control_plane.delete(VARIABLE, &sample_uuid(VARIABLE, 1)).unwrap();
        },
    ];
    for change in changes {
        let (status, [tag, modified], _) = get(&client, LIST, &[]).await;
        assert_eq!((status, tag), (200, None));
        let modified = modified.unwrap();
        let condition = [("if-modified-since", modified.as_str())];
        assert_eq!(get(&client, LIST, &condition).await.0, 304);
        control_plane.advance(Duration::from_mins(1));
        change();
        assert_eq!(get(&client, LIST, &condition).await.0, 200);
        assert!(!seen.contains(&modified));
        seen.push(modified);
    }
    // A change of another object.
    let object = format!("{LIST}{}", sample_uuid(VARIABLE, 3));
    let (_, [_, modified], _) = get(&client, &object, &[]).await;
    let modified = modified.unwrap();
    assert_eq!(
        get(&client, &object, &[("if-modified-since", &modified)]).await.0,
        304
    );
}

#[tokio::test]
async fn change_of_a_shown_object_is_a_change() {
    let (control_plane, client) = start(Validators::LastModified, |builder| builder).await;
    let [list, ..] = operations(Collection::MachineRoles);
    let (_, path) = client.place(list, &[]);
    let role = format!("{path}{}", sample_uuid(Collection::MachineRoles, 3));
    for path in [path, role] {
        let (_, [_, modified], _) = get(&client, &path, &[]).await;
        let modified = modified.unwrap();
        control_plane.advance(Duration::from_mins(1));
        let vip = sample_uuid(Collection::Vips, 3);
        let name = format!("renamed {}", path.len());
        let rename = |object: &mut Object| {
            object.insert("name".to_owned(), json!(name));
        };
        control_plane.update(Collection::Vips, &vip, rename).unwrap();
        let (status, _, body) = get(&client, &path, &[("if-modified-since", &modified)]).await;
        assert_eq!(status, 200);
        assert!(String::from_utf8(body).unwrap().contains(&name));
    }
}

#[tokio::test]
async fn lagging_list_has_an_earlier_change() {
    let lag = Duration::from_mins(1);
    let (control_plane, client) = start(Validators::Both, |builder| builder.list_lag(lag)).await;
    let (_, before, _) = get(&client, LIST, &[]).await;
    control_plane.advance(Duration::from_secs(10));
    let deleted = sample_uuid(VARIABLE, 1);
    control_plane.delete(VARIABLE, &deleted).unwrap();
    assert_eq!(get(&client, LIST, &[]).await.1, before);
    control_plane.advance(lag);
    let (_, after, _) = get(&client, LIST, &[]).await;
    assert!(after[0] != before[0] && after[1] != before[1], "{after:?}");
}

#[tokio::test]
async fn log_counts_requests_and_valid_copies() {
    let (control_plane, client) = start(Validators::Etag, |builder| builder).await;
    let path = format!("{LIST}?a=1");
    let (_, [tag, _], _) = get(&client, &path, &[]).await;
    get(&client, &path, &[("if-none-match", &tag.unwrap())]).await;
    let [list, ..] = operations(VARIABLE);
    let counts = control_plane.log().counts();
    let expected = Count {
        requests: 2,
        not_modified: 1,
    };
    assert_eq!(counts[list], expected);
    let shown = client.send_to("GET", "/_control/log/counts", None).await.unwrap();
    let shown: Value = serde_json::from_str(&shown.text().await.unwrap()).unwrap();
    assert_eq!(shown, json!({ list: { "requests": 2, "not_modified": 1 } }));
    let entries = control_plane.log().all();
    assert_eq!(entries[0].query.as_deref(), Some("a=1"));
    assert_eq!(entries[0].http_version, "HTTP/1.1");
    let results: Vec<_> = entries
        .iter()
        .map(|entry| (entry.status, entry.processed))
        .collect();
    assert_eq!(results, [(Some(200), true), (Some(304), true)]);
    assert!(entries[1].is_not_modified());
    assert_eq!(
        format!("{:?}", entries[1]),
        "GET /api/controlplane/variables/?a=1 → Some(304)"
    );
    let log = client.send_to("GET", "/_control/log", None).await.unwrap();
    let log: Value = serde_json::from_str(&log.text().await.unwrap()).unwrap();
    assert_eq!(
        (&log[1]["query"], &log[1]["status"]),
        (&json!("a=1"), &json!(304))
    );
}

#[tokio::test]
async fn responses_are_compressed_if_the_request_accepts_that() {
    let (_control_plane, client) = start(Validators::Etag, Builder::gzip).await;
    let (_, [plain_tag, _], plain) = get(&client, LIST, &[]).await;
    for (accepted, is_compressed) in [
        ("gzip", true),
        ("br, gzip;q=0.5", true),
        ("*", true),
        ("identity", false),
        ("br", false),
        ("gzip;q=0", false),
        ("gzip; q=0.0", false),
    ] {
        let response = client.get_with(LIST, &[("accept-encoding", accepted)]).await;
        let encoding = response.headers().get("content-encoding").cloned();
        let body = response.bytes().await.unwrap();
        assert_eq!(encoding.is_some(), is_compressed, "{accepted}");
        let mut text = Vec::new();
        if is_compressed {
            GzDecoder::new(&body[..]).read_to_end(&mut text).unwrap();
        } else {
            text.extend(&body);
        }
        assert_eq!(text, plain, "{accepted}");
    }
    let accepts = ("accept-encoding", "gzip");
    let (_, [tag, _], _) = get(&client, LIST, &[accepts]).await;
    let tag = tag.unwrap();
    assert_eq!(Some(&tag), plain_tag.map(|tag| format!("W/{tag}")).as_ref());
    let (status, _, body) = get(&client, LIST, &[accepts, ("if-none-match", &tag)]).await;
    assert_eq!((status, body.len()), (304, 0));
}

#[tokio::test]
async fn validators_are_off_by_default() {
    let control_plane = ControlPlane::builder().start().await.unwrap();
    let client = Client::new(&control_plane);
    let path = format!("/api/provisioning/machines/{}", machine_uuid(1));
    for path in [LIST, &path, "/api/openapi.json"] {
        let (_, validators, _) = get(&client, path, &[("accept-encoding", "gzip")]).await;
        assert_eq!(validators, [None, None]);
        let (status, _, body) = get(&client, path, &[("if-none-match", "*")]).await;
        assert_eq!(status, 200);
        assert!(serde_json::from_slice::<Value>(&body).is_ok());
    }
}

#[tokio::test]
async fn object_that_replication_shows_is_a_change() {
    let time = Duration::from_mins(1);
    let (control_plane, client) =
        start(Validators::LastModified, |builder| builder.replication_time(time)).await;
    let [_, create, ..] = operations(VARIABLE);
    let new = json!({ "name": "new", "value": "v" });
    client.ok(create, &[], Some(new)).await;
    let (_, [_, modified], _) = get(&client, LIST, &[]).await;
    let modified = modified.unwrap();
    control_plane.advance(time);
    let (status, _, body) = get(&client, LIST, &[("if-modified-since", &modified)]).await;
    assert_eq!(status, 200);
    assert!(String::from_utf8(body).unwrap().contains("\"new\""));
}
