//! Lists in pages, seen from a client. The table of all pages is in `paging.rs` of the control plane.

use std::sync::Arc;

use harness::control_plane::{
    Builder, Collection, Contract, ControlPlane, Dialect, Fault, FaultKind, Object, PageStyle, Paging, Shape,
    UnknownParameters, sample_uuid,
};
use serde_json::{Value, json};

use crate::client::{Client, operations, plain_collections};

const LIST: &str = "controlplane_api_list_account_variables";
const OTHER_LIST: &str = "controlplane_api_list_account_secrets";
const PATH: &str = "/api/controlplane/variables/";

const STYLES: [PageStyle; 6] = [
    PageStyle::Link,
    PageStyle::Offset,
    PageStyle::ItemsOffset,
    PageStyle::ItemsPage,
    PageStyle::ResultsPage,
    PageStyle::ResultsCursor,
];

/// A control plane with the variables `v1` to `v7`.
async fn start(builder: Builder) -> (ControlPlane, Client) {
    let control_plane = builder.start().await.unwrap();
    for number in 1..=7 {
        let mut variable = Object::new();
        variable.insert("name".to_owned(), json!(format!("v{number}")));
        variable.insert("value".to_owned(), json!("v"));
        control_plane.create(Collection::Variables, variable).unwrap();
    }
    let client = Client::new(&control_plane);
    (control_plane, client)
}

/// The body of a page and the target of its `rel="next"`.
async fn page(client: &Client, path: &str) -> (Value, Option<String>) {
    let response = client.send_to("GET", path, None).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let links = response
        .headers()
        .get("link")
        .map(|links| links.to_str().unwrap().to_owned());
    let mut next = links.iter().flat_map(|links| links.split(", "));
    let next = next
        .find_map(|link| link.strip_prefix('<')?.strip_suffix(">; rel=\"next\""))
        .map(str::to_owned);
    let body = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    (body, next)
}

/// The items of every page, and the number of requests, as a client reads them that knows the style.
async fn all(client: &Client, endpoint: &str, style: PageStyle, path: &str) -> (Vec<Value>, usize) {
    let (mut items, mut requests) = (Vec::new(), 0);
    let mut next = Some(path.to_owned());
    while let Some(path_of_page) = next.take() {
        let (mut body, link) = page(client, &path_of_page).await;
        requests += 1;
        let following = link.or_else(|| body["next"].as_str().map(str::to_owned));
        next = following.map(|url| url.strip_prefix(endpoint).unwrap().to_owned());
        let list = match style {
            PageStyle::Link | PageStyle::Offset => body.take(),
            PageStyle::ItemsOffset | PageStyle::ItemsPage => body["items"].take(),
            PageStyle::ResultsPage | PageStyle::ResultsCursor => body["results"].take(),
        };
        let list = list.as_array().unwrap().clone();
        let is_full = list.len() == 3;
        items.extend(list);
        if is_full && next.is_none() {
            next = match style {
                PageStyle::Offset | PageStyle::ItemsOffset => Some(format!("{path}?offset={}", items.len())),
                PageStyle::ItemsPage => Some(format!("{path}?page={}", requests + 1)),
                _ => None,
            };
        }
    }
    (items, requests)
}

#[tokio::test]
async fn pages_of_every_style_have_every_object_once() {
    let (control_plane, client) = start(ControlPlane::builder()).await;
    let (whole, _) = page(&client, PATH).await;
    assert_eq!(whole.as_array().unwrap().len(), 7);
    for style in STYLES {
        for (dialect, path) in [
            (Dialect::Default, PATH),
            (Dialect::Other, "/api/v2/controlplane/variables"),
            (Dialect::Old, PATH),
        ] {
            let builder = ControlPlane::builder()
                .snapshot(control_plane.snapshot())
                .paging(Paging::new(style, 3))
                .prefix("durantic")
                .dialect(dialect);
            let paged = builder.start().await.unwrap();
            let client = Client::new(&paged);
            let (items, requests) = all(&client, paged.endpoint(), style, path).await;
            assert_eq!((json!(items), requests), (whole.clone(), 3), "{style:?}");
            assert_eq!(paged.violations(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn every_list_has_pages() {
    let builder = ControlPlane::builder().paging(Paging::new(PageStyle::ItemsOffset, 1));
    let (control_plane, client) = start(builder).await;
    for (collection, least) in plain_collections() {
        let [list, create, ..] = operations(collection);
        client.ok(create, &[], Some(least)).await;
        let page = client.ok(list, &[], None).await;
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{list}");
        let count = control_plane.objects(collection).len();
        assert_eq!(page["count"], count, "{list}");
    }
    let [list, ..] = operations(Collection::Machines);
    assert_eq!(client.ok(list, &[], None).await["count"], 3);
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn document_describes_pages_or_says_nothing() {
    let paging = Paging::new(PageStyle::ItemsOffset, 100).maximum(500);
    for dialect in [Dialect::Default, Dialect::Other] {
        let document = async |builder: Builder| {
            let control_plane = builder.dialect(dialect).start().await.unwrap();
            let client = Client::new(&control_plane);
            client.document().await
        };
        let plain = document(ControlPlane::builder()).await;
        let silent = document(ControlPlane::builder().paging(paging.clone().undocumented())).await;
        assert_eq!(silent, plain);
        let described = document(ControlPlane::builder().paging(paging.clone())).await;
        let client = Client::new(&ControlPlane::builder().start().await.unwrap());
        let (_, path) = client.with_document(plain.clone()).place(LIST, &[]);
        let operation = &described["paths"][&path]["get"];
        assert_eq!(
            operation["parameters"],
            json!([
                {
                    "name": "limit", "in": "query", "required": false,
                    "schema": { "type": "integer", "minimum": 1, "default": 100, "maximum": 500 },
                },
                {
                    "name": "offset", "in": "query", "required": false,
                    "schema": { "type": "integer", "minimum": 0, "default": 0 },
                },
            ])
        );
        let schema = "/responses/200/content/application~1json/schema";
        let properties = &operation.pointer(schema).unwrap()["properties"];
        assert_eq!(
            &properties["items"],
            plain["paths"][&path]["get"].pointer(schema).unwrap()
        );
        // Only the list operations differ.
        let lists = Contract::get()
            .unwrap()
            .operations
            .iter()
            .filter(|operation| operation.id.contains("_list_"));
        let differing = described["paths"].as_object().unwrap().iter();
        let differing = differing.flat_map(|(path, item)| {
            let plain = &plain["paths"][path];
            item.as_object()
                .unwrap()
                .iter()
                .filter(move |(method, item)| plain[method] != **item)
        });
        assert_eq!(differing.count(), lists.count());
    }
}

#[tokio::test]
async fn links_lead_to_a_chosen_place() {
    for (style, expected) in [
        (
            PageStyle::ResultsPage,
            "http://10.0.0.1:8000/internal/api/controlplane/variables/?page=2",
        ),
        (
            PageStyle::Link,
            "http://10.0.0.1:8000/internal/api/controlplane/variables/?page=2",
        ),
    ] {
        let paging = Paging::new(style, 3).links_at("http://10.0.0.1:8000/internal");
        let (_control_plane, client) = start(ControlPlane::builder().prefix("durantic").paging(paging)).await;
        let (body, link) = page(&client, PATH).await;
        let next = link.or_else(|| body["next"].as_str().map(str::to_owned));
        assert_eq!(next.as_deref(), Some(expected));
    }
}

#[tokio::test]
async fn page_beyond_the_end_is_empty_or_missing() {
    let paging = |style| ControlPlane::builder().paging(Paging::new(style, 3));
    let (control_plane, client) = start(paging(PageStyle::ItemsOffset)).await;
    let (body, _) = page(&client, &format!("{PATH}?offset=9")).await;
    assert_eq!(body, json!({ "items": [], "count": 7 }));
    assert_eq!(control_plane.violations(), [""; 0]);
    let (control_plane, client) = start(paging(PageStyle::ResultsPage)).await;
    let path = format!("{PATH}?page=4");
    let response = client.send_to("GET", &path, None).await.unwrap();
    assert_eq!(response.status(), 404);
    assert_eq!(response.text().await.unwrap(), r#"{"detail":"Invalid page."}"#);
    assert_eq!(control_plane.violations(), [""; 0]);
}

#[tokio::test]
async fn unknown_parameters_are_ignored_or_rejected() {
    let paging = Paging::new(PageStyle::ItemsOffset, 3);
    for (unknown, status) in [
        (UnknownParameters::Ignored, 200),
        (UnknownParameters::BadRequest, 400),
        (UnknownParameters::Unprocessable, 422),
    ] {
        for (builder, known) in [
            (ControlPlane::builder(), None),
            (
                ControlPlane::builder().paging(paging.clone()),
                Some("?limit=2&offset=1"),
            ),
        ] {
            let (control_plane, client) = start(builder.unknown_parameters(unknown)).await;
            let given = async |query: &str| {
                let path = format!("{PATH}{query}");
                client.send_to("GET", &path, None).await.unwrap().status()
            };
            assert_eq!(given("?page=1").await, status);
            assert_eq!(given(known.unwrap_or_default()).await, 200);
            assert_eq!(control_plane.violations(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn shapes_and_rewrites_change_the_items_of_a_page() {
    for style in STYLES {
        let (control_plane, client) = start(ControlPlane::builder().paging(Paging::new(style, 3))).await;
        let items = |body: &Value| match style {
            PageStyle::Link | PageStyle::Offset => body.clone(),
            PageStyle::ItemsOffset | PageStyle::ItemsPage => body["items"].clone(),
            PageStyle::ResultsPage | PageStyle::ResultsCursor => body["results"].clone(),
        };
        let only = json!([{ "name": "v1" }, { "name": "v2" }, { "name": "v3" }]);
        control_plane.fault(Fault::shaped(LIST, Shape::Only(vec!["name".to_owned()])).times(1));
        assert_eq!(items(&client.ok(LIST, &[], None).await), only, "{style:?}");
        // A list may show other values than a read of the object.
        let rewrite = move |body: &mut Value| {
            let list = ["items", "results"]
                .into_iter()
                .find(|name| body.get(name).is_some());
            let items = match list {
                Some(name) => &mut body[name],
                None => body,
            };
            items[0]["value"] = json!("(hidden)");
        };
        control_plane.fault(Fault::new(LIST, FaultKind::Rewrite(Arc::new(rewrite))));
        let first = items(&client.ok(LIST, &[], None).await)[0].clone();
        assert_eq!(
            (&first["name"], &first["value"]),
            (&json!("v1"), &json!("(hidden)"))
        );
    }
}

#[tokio::test]
async fn list_shrinks_and_grows_between_its_pages() {
    for (style, queries) in [
        // An offset skips the object after the deleted one; a cursor does not.
        (PageStyle::ItemsOffset, ["?offset=0", "?offset=1", "?offset=2"]),
        (
            PageStyle::ResultsCursor,
            ["?page_size=1", "?cursor=k0%3D", "?cursor=k1%3D"],
        ),
    ] {
        let builder = ControlPlane::builder().objects(27).paging(Paging::new(style, 1));
        let control_plane = builder.start().await.unwrap();
        let client = Client::new(&control_plane);
        control_plane.before(LIST, 2, |account| {
            account
                .delete(Collection::Variables, &sample_uuid(Collection::Variables, 1))
                .unwrap();
        });
        control_plane.before(LIST, 3, |account| {
            let mut variable = Object::new();
            variable.insert("name".to_owned(), json!("late"));
            variable.insert("value".to_owned(), json!("v"));
            account.create(Collection::Variables, variable).unwrap();
        });
        let mut names = Vec::new();
        for query in queries {
            // A request that fails does not count, nor does one of another operation.
            client.ok(OTHER_LIST, &[], None).await;
            control_plane.fault(Fault::status(LIST, 503).times(1));
            client.rejected(LIST, &[], None, 503).await;
            let (body, _) = page(&client, &format!("{PATH}{query}")).await;
            let list = if style == PageStyle::ItemsOffset {
                "items"
            } else {
                "results"
            };
            names.push(body[list][0]["name"].clone());
        }
        let expected = match style {
            PageStyle::ItemsOffset => ["variable_1", "variable_3", "late"],
            _ => ["variable_1", "variable_2", "variable_3"],
        };
        assert_eq!(json!(names), json!(expected));
    }
}

#[tokio::test]
async fn cursor_leads_to_the_object_after_a_deleted_one() {
    let paging = Paging::new(PageStyle::ResultsCursor, 9);
    let (control_plane, client) = start(ControlPlane::builder().paging(paging)).await;
    let (body, _) = page(&client, &format!("{PATH}?page_size=6")).await;
    let next = body["next"].as_str().unwrap();
    let next = next.strip_prefix(control_plane.endpoint()).unwrap();
    let named = |name: &str| control_plane.find(Collection::Variables, name).unwrap();
    for name in ["v6", "v7"] {
        let uuid = named(name)["uuid"].as_str().unwrap().to_owned();
        control_plane.delete(Collection::Variables, &uuid).unwrap();
    }
    let mut variable = Object::new();
    variable.insert("name".to_owned(), json!("late"));
    variable.insert("value".to_owned(), json!("v"));
    control_plane.create(Collection::Variables, variable).unwrap();
    let (body, _) = page(&client, next).await;
    assert_eq!(
        (&body["results"][0]["name"], &body["next"]),
        (&json!("late"), &Value::Null)
    );
}
