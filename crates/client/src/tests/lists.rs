//! Lists over connections: who shares one, for how long, and what later reads of it send.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use engine::api::{ErrorKind, Listed, Request, Retry, Wanted};
use engine::list::List;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::server::{Action, ReceivedRequest, Server};
use super::{OPERATIONS, call, settings};
use crate::{Client, Error, Settings};

fn client(server: &Server, keep_lists: bool) -> Client {
    let settings = Settings {
        keep_lists,
        ..settings(&server.url)
    };
    Client::new(settings, &OPERATIONS).unwrap()
}

async fn read(client: &Client, wanted: Wanted) -> Result<Listed, Error> {
    let request = Request {
        operation: "list",
        path: &[],
        body: None,
        retry: Retry::Safe,
        attempts: 0,
        gone: &[],
        secrets: &[],
        cancel: &CancellationToken::new(),
    };
    client.list(request, wanted).await
}

/// A list whose requests begin now or later.
fn since_now() -> Wanted {
    Wanted {
        since: Some(tokio::time::Instant::now()),
        ..Wanted::RECENT
    }
}

async fn list(client: &Client) -> Arc<List> {
    whole(read(client, Wanted::RECENT).await.unwrap())
}

fn whole(listed: Listed) -> Arc<List> {
    match listed {
        Listed::Whole(list) => list,
        Listed::TooLong { pages } => panic!("{pages} pages"),
    }
}

/// The paths of the requests, with their queries.
fn paths(server: &Server) -> Vec<String> {
    server
        .requests()
        .into_iter()
        .map(|request| request.path)
        .collect()
}

/// A list whose only object is the number of the request.
async fn numbered() -> Server {
    Server::start(|_, number| Action::response(200, json!([{"uuid": number}]).to_string())).await
}

fn first(list: &List) -> Value {
    list.object(0)["uuid"].clone()
}

/// The first object of a recent list.
async fn recent(client: &Client) -> Value {
    let list = list(client).await;
    first(&list)
}

/// The first object of a list that begins now.
async fn fresh(client: &Client) -> Value {
    let list = whole(read(client, since_now()).await.unwrap());
    first(&list)
}

#[tokio::test]
async fn recent_list_serves_later_callers_until_a_write() {
    let server = numbered().await;
    let client = client(&server, true);
    assert_eq!(recent(&client).await, 0);
    assert_eq!(recent(&client).await, 0);
    assert_eq!(fresh(&client).await, 1);
    assert_eq!(recent(&client).await, 1);
    // A list from before a write serves no caller, whether the write succeeds or not, or is of another collection.
    call(&client, "update", Some(&json!({}))).await.unwrap();
    assert_eq!(recent(&client).await, 3);
    assert_eq!(recent(&client).await, 3);
    // A read is no write.
    call(&client, "get", None).await.unwrap();
    assert_eq!(recent(&client).await, 3);
}

#[tokio::test(start_paused = true)]
async fn list_serves_for_a_limited_time() {
    let server = numbered().await;
    let client = client(&server, true);
    assert_eq!(recent(&client).await, 0);
    tokio::time::advance(std::time::Duration::from_secs(29)).await;
    assert_eq!(recent(&client).await, 0);
    tokio::time::advance(std::time::Duration::from_secs(2)).await;
    assert_eq!(recent(&client).await, 1);
    call(&client, "update", Some(&json!({}))).await.unwrap();
    assert_eq!(recent(&client).await, 3);
    tokio::time::advance(std::time::Duration::from_secs(6)).await;
    assert_eq!(recent(&client).await, 4);
}

#[tokio::test]
async fn list_is_not_kept_if_that_is_not_wanted() {
    let server = numbered().await;
    let client = client(&server, false);
    assert_eq!(recent(&client).await, 0);
    assert_eq!(recent(&client).await, 1);
    let none = read(&client, Wanted::PRESENT);
    assert!(matches!(none.await.unwrap(), Listed::TooLong { .. }));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn callers_at_the_same_time_share_a_list() {
    let server = numbered().await;
    let client = client(&server, false);
    let callers = (0..20).map(|_| {
        let client = client.clone();
        tokio::spawn(async move { recent(&client).await })
    });
    for caller in callers.collect::<Vec<_>>() {
        assert_eq!(caller.await.unwrap(), 0);
    }
    assert_eq!(paths(&server), ["/api/things/"]);
}

#[tokio::test]
async fn only_a_list_that_is_there_serves_a_caller_without_requests() {
    let server = numbered().await;
    let client = client(&server, true);
    let present = Wanted::PRESENT;
    assert!(matches!(
        read(&client, present).await.unwrap(),
        Listed::TooLong { .. }
    ));
    assert_eq!(server.requests().len(), 0);
    list(&client).await;
    let kept = whole(read(&client, present).await.unwrap());
    assert_eq!(first(&kept), 0);
    assert_eq!(server.requests().len(), 1);
}

/// A page of a list of 25 objects in pages of 10 with `page`, as the object with a total.
fn page(request: &ReceivedRequest) -> Value {
    let number = request
        .path
        .split_once("?page=")
        .map_or(1, |(_, page)| page.parse().unwrap());
    let items: Vec<Value> = (10 * (number - 1)..(10 * number).min(25))
        .map(|uuid| json!({"uuid": uuid}))
        .collect();
    json!({"items": items, "count": 25})
}

#[tokio::test]
async fn pages_are_read_and_their_parameter_is_remembered() {
    let server = Server::start(|request, _| Action::response(200, page(request).to_string())).await;
    let client = client(&server, true);
    let whole_list = list(&client).await;
    assert_eq!(
        whole_list
            .objects()
            .map(|object| object["uuid"].clone())
            .collect::<Vec<_>>(),
        (0..25).map(Value::from).collect::<Vec<_>>()
    );
    assert_eq!(whole_list.pages, 3);
    let first = [
        "/api/things/",
        "/api/things/?offset=10",
        "/api/things/?page=2",
        "/api/things/?page=3",
    ];
    assert_eq!(paths(&server), first);
    whole(read(&client, since_now()).await.unwrap());
    assert_eq!(paths(&server)[4..], [first[0], first[2], first[3]]);
}

#[tokio::test]
async fn too_long_list_is_not_read_to_its_end() {
    let server = Server::start(|request, _| Action::response(200, page(request).to_string())).await;
    let client = client(&server, true);
    let two = Wanted {
        since: None,
        max_pages: 2,
    };
    assert!(matches!(
        read(&client, two).await.unwrap(),
        Listed::TooLong { pages: 3 }
    ));
    assert_eq!(paths(&server), ["/api/things/"]);
    // Another caller wants it nevertheless.
    assert_eq!(list(&client).await.objects().count(), 25);
    assert_eq!(whole(read(&client, two).await.unwrap()).objects().count(), 25);
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn caller_that_needs_the_list_joins_none_that_does_not() {
    let server = Server::start(|request, _| Action::response(200, page(request).to_string())).await;
    let client = client(&server, true);
    let two = Wanted {
        since: None,
        max_pages: 2,
    };
    let (two, all) = tokio::join!(read(&client, two), read(&client, Wanted::RECENT));
    assert!(matches!(two.unwrap(), Listed::TooLong { pages: 3 }));
    assert_eq!(whole(all.unwrap()).objects().count(), 25);
    // The page of the first caller, and then all of them.
    assert_eq!(server.requests().len(), 5);
}

#[tokio::test]
async fn caller_without_requests_never_sends_one() {
    let server = Server::start(|_, _| Action::Stall(Vec::new())).await;
    let client = client(&server, true);
    let present = Wanted::PRESENT;
    let limit = std::time::Duration::from_millis(200);
    // The caller that reads the list gives up, and the other one does not continue.
    let reading = tokio::time::timeout(limit, read(&client, Wanted::RECENT));
    let (reading, waiting) = tokio::join!(reading, async {
        server.wait_for_requests(2).await;
        read(&client, present).await
    });
    assert!(reading.is_err());
    assert!(matches!(waiting.unwrap(), Listed::TooLong { .. }));
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn list_that_a_caller_can_do_without_has_one_retry_or_waits_for_the_limit() {
    let some = Wanted {
        since: None,
        max_pages: 2,
    };
    // (status of all attempts, attempts for a caller that can do without the list, and for one that needs it)
    let table = [(500, 2, 3), (403, 1, 1), (429, 6, 3)];
    for (status, optional, needed) in table {
        let server = Server::start(move |_, _| Action::response(status, "{}")).await;
        let client = client(&server, true);
        assert!(read(&client, some).await.is_err());
        assert_eq!(server.requests().len(), optional, "{status}");
        assert!(read(&client, Wanted::RECENT).await.is_err());
        assert_eq!(server.requests().len(), optional + needed, "{status}");
    }
}

#[tokio::test]
async fn caller_that_needs_the_list_has_all_its_retries() {
    let server = Server::start(|_, number| match number {
        0..3 => Action::response(500, ""),
        _ => Action::response(200, "[]"),
    });
    let client = client(&server.await, true);
    let some = Wanted {
        since: None,
        max_pages: 2,
    };
    let (_, needed) = tokio::join!(read(&client, some), read(&client, Wanted::RECENT));
    assert!(needed.is_ok());
}

#[tokio::test]
async fn changing_list_is_read_again() {
    let restless = Arc::new(AtomicUsize::new(1));
    let changes = Arc::clone(&restless);
    let server = Server::start(move |request, _| {
        let mut page = page(request);
        let is_second = request.path.contains("page=2");
        if is_second && changes.load(Ordering::SeqCst) > 0 {
            changes.fetch_sub(1, Ordering::SeqCst);
            page["count"] = json!(24);
        }
        Action::response(200, page.to_string())
    })
    .await;
    let client = client(&server, true);
    assert_eq!(list(&client).await.objects().count(), 25);
    restless.store(usize::MAX, Ordering::SeqCst);
    let error = read(&client, since_now()).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::UnexpectedResponse);
    assert_eq!(
        error.detail.as_deref(),
        Some(
            "the list cannot be read as a whole: it changed each of the 3 times that it was read (its number of objects \
             changed)"
        )
    );
    // A list that failed is not kept.
    restless.store(0, Ordering::SeqCst);
    assert_eq!(list(&client).await.objects().count(), 25);
}

#[tokio::test]
async fn failed_page_fails_the_list() {
    let server = Server::start(|request, _| {
        if request.path.contains("page=3") {
            return Action::response(403, r#"{"detail": "no"}"#);
        }
        Action::response(200, page(request).to_string())
    })
    .await;
    let error = read(&client(&server, true), Wanted::RECENT).await.err().unwrap();
    assert_eq!(
        (error.kind, error.detail.as_deref()),
        (ErrorKind::Forbidden, Some("no"))
    );
}

#[tokio::test]
async fn next_link_of_another_host_gets_no_request() {
    let other = numbered().await;
    let link = other.url.join("/steal?cursor=2").unwrap();
    let server = Server::start(move |request, _| {
        let (uuid, next) = if request.path.contains("cursor=2") {
            (2, None)
        } else {
            (1, Some(link.to_string()))
        };
        Action::response(
            200,
            json!({"results": [{"uuid": uuid}], "next": next}).to_string(),
        )
    })
    .await;
    assert_eq!(list(&client(&server, true)).await.objects().count(), 2);
    assert_eq!(paths(&server), ["/api/things/", "/api/things/?cursor=2"]);
    assert_eq!(other.requests().len(), 0);
}

/// A list with these headers, and 304 if the request has a condition.
async fn conditional(headers: &'static [(&'static str, &'static str)]) -> Server {
    Server::start(move |request, number| {
        let is_conditional = ["if-none-match", "if-modified-since"]
            .iter()
            .any(|name| request.header(name).is_some());
        let response = if is_conditional {
            Action::response(304, "")
        } else {
            Action::response(200, json!([{"uuid": number}]).to_string())
        };
        let headers = headers.iter();
        headers.fold(response, |response, (name, value)| response.with(name, *value))
    })
    .await
}

#[tokio::test]
async fn unchanged_list_is_not_sent_again() {
    const DATE: (&str, &str) = ("Date", "Sun, 06 Nov 1994 08:49:37 GMT");
    const OLD: (&str, &str) = ("Last-Modified", "Sun, 06 Nov 1994 08:49:35 GMT");
    const YOUNG: (&str, &str) = ("Last-Modified", "Sun, 06 Nov 1994 08:49:36 GMT");
    const ETAG: (&str, &str) = ("ETag", "W/\"a\"");
    // (headers, whether the second request has a condition, and whether one after a write has)
    let table: [(&'static [_], bool, bool); 5] = [
        (&[ETAG], true, true),
        (&[DATE, OLD], true, false),
        (&[DATE, YOUNG], false, false),
        (&[OLD], false, false),
        (&[], false, false),
    ];
    for (headers, again, after_write) in table {
        let server = conditional(headers).await;
        let client = client(&server, true);
        list(&client).await;
        assert_eq!(fresh(&client).await, usize::from(!again), "{headers:?}");
        call(&client, "update", Some(&json!({}))).await.unwrap();
        let is_new = recent(&client).await == 3;
        assert_eq!(is_new, !after_write, "{headers:?}");
        let conditions = |request: &ReceivedRequest| request.header("if-none-match").map(str::to_owned);
        let expected = again.then(|| ETAG.1.to_owned()).filter(|_| headers == [ETAG]);
        assert_eq!(conditions(&server.requests()[1]), expected);
    }
}

#[tokio::test]
async fn unrequested_304_is_an_error() {
    let server = Server::start(|_, _| Action::response(304, "")).await;
    let error = read(&client(&server, true), Wanted::RECENT).await.err().unwrap();
    assert_eq!(error.kind, ErrorKind::Redirect);
}
