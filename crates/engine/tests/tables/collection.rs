//! Refreshes that a list answers: one row for each rule.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use engine::Binding;
use engine::api::{Api, Effect, Error, ErrorKind, Listed, Place, Request, Response, Wanted};
use engine::context::Context;
use engine::declarations::Declarations;
use engine::diagnostic::Diagnostics;
use engine::list::List;
use engine::object::Known;
use engine::process::Process;
use engine::read::read;
use serde_json::{Value as Json, json};
use tokio_util::sync::CancellationToken;
use value::secret::Secret;

use super::support::{UUID, block_on, here, prove, seen_here, shown, thing, value};

const OTHER: &str = "3c5d1f2e-0a51-4f7f-8f4e-6a2a1c9d7b10";

/// An API with objects, and a list that may show other ones.
struct Account {
    objects: Json,
    listed: Result<Json, ErrorKind>,
    /// Number of requests that the list takes.
    pages: usize,
    kept: Mutex<Option<Arc<List>>>,
    requests: Mutex<Vec<String>>,
}

#[async_trait]
impl Api for Account {
    async fn send(&self, request: Request<'_>) -> Result<Response, Error> {
        let (_, uuid) = request.path.iter().find(|(name, _)| *name == "uuid").unwrap();
        let number = usize::from(*uuid != UUID);
        self.requests.lock().unwrap().push(format!("get {number}"));
        // Longer than the pause between two reads of Terraform.
        tokio::time::sleep(Duration::from_millis(2)).await;
        let body = self.objects[number].clone();
        if body.is_null() {
            return Err(Error::new(ErrorKind::NotFound, Effect::None, "`get` failed"));
        }
        Ok(Response {
            body,
            request_id: String::new(),
            date: None,
            is_accepted: false,
            attempt_ms: 0,
        })
    }

    async fn read(&self, request: Request<'_>) -> Result<Arc<Response>, Error> {
        self.send(request).await.map(Arc::new)
    }

    async fn list(&self, request: Request<'_>, wanted: Wanted) -> Result<Listed, Error> {
        if let Some(list) = &*self.kept.lock().unwrap() {
            return Ok(Listed::Whole(Arc::clone(list)));
        }
        if wanted.max_pages == 0 {
            return Ok(Listed::TooLong { pages: 1 });
        }
        self.requests.lock().unwrap().push(request.operation.to_owned());
        if wanted.max_pages < self.pages {
            return Ok(Listed::TooLong { pages: self.pages });
        }
        let listed = self.listed.clone();
        let listed = listed.map_err(|kind| Error::new(kind, Effect::Unknown, "`list` failed"))?;
        let mut list = List::from_body(&listed).unwrap();
        list.pages = self.pages;
        let list = Arc::new(list);
        *self.kept.lock().unwrap() = Some(Arc::clone(&list));
        Ok(Listed::Whole(list))
    }

    fn keeps_lists(&self) -> bool {
        true
    }

    fn pause(&self, _: &Error) -> Option<Duration> {
        None
    }

    fn clean(&self, text: &str, _: &[&Secret]) -> String {
        text.to_owned()
    }

    fn remedy(&self, _: ErrorKind) -> Option<&'static str> {
        None
    }

    fn place(&self, _: &str) -> Place {
        here()
    }
}

const ATTRIBUTES: &str = r#"
[attributes.size]
type = "string"
doc  = "Its size."

[attributes.updated_at]
type   = "string"
mode   = "computed"
format = "timestamp"
doc    = "When it changed."

[attributes.parts]
type = "list(object)"
doc  = "Its parts."

[attributes.parts.attributes.weight]
type = "string"
doc  = "How heavy it is."
"#;

fn binding() -> Binding {
    thing(ATTRIBUTES)
}

fn uuid(number: usize) -> &'static str {
    [UUID, OTHER][number]
}

/// The thing with that number as the API returns it, with these fields.
fn item(number: usize, fields: &Json) -> Json {
    let mut item = json!({
        "uuid": uuid(number), "name": "a", "size": "s", "updated_at": "2026-01-02T00:00:00Z", "parts": [{"weight": "w"}],
    });
    for (key, value) in fields.as_object().into_iter().flatten() {
        item[key] = value.clone();
    }
    item
}

fn without(number: usize, field: &str) -> Json {
    let mut item = item(number, &json!({}));
    item.as_object_mut().unwrap().remove(field);
    item
}

fn account(objects: &Json, listed: Result<Json, ErrorKind>, pages: usize) -> (Arc<Account>, Context) {
    let account = Arc::new(Account {
        objects: objects.clone(),
        listed,
        pages,
        kept: Mutex::default(),
        requests: Mutex::default(),
    });
    let context = Context {
        api: Arc::clone(&account) as Arc<dyn Api>,
        cancel: CancellationToken::new(),
        deadline: None,
        process: Process::default(),
        declarations: Declarations::default(),
    };
    (account, context)
}

/// What state knows of the thing with that number.
fn known(binding: &Binding, number: usize) -> Known {
    Known {
        state: value(binding, &item(number, &json!({}))),
        private: seen_here(),
    }
}

/// Refreshes an object as `ReadResource` does.
async fn refresh(binding: &Binding, context: &Context, known: &mut Known) {
    let _active = context.process.begin_request();
    let mut diagnostics = Diagnostics::default();
    let _ = read(binding, context, known, &mut diagnostics).await;
    assert!(!diagnostics.has_errors());
}

/// Refreshes two things at the same time, and once more; returns the sizes in state, and the requests.
async fn refresh_twice(account: &Account, context: &Context) -> Json {
    let binding = binding();
    let (mut one, mut other) = (known(&binding, 0), known(&binding, 1));
    tokio::join!(
        refresh(&binding, context, &mut one),
        refresh(&binding, context, &mut other)
    );
    let sizes = json!([shown(one.state.get("size")), shown(other.state.get("size"))]);
    let mut first = std::mem::take(&mut *account.requests.lock().unwrap());
    // The two refreshes are in any order, after the list.
    first.sort_by_key(|request| request.starts_with("get").then(|| request.clone()));
    refresh(&binding, context, &mut known(&binding, 1)).await;
    let again = account.requests.lock().unwrap().clone();
    json!([sizes, first.join(", "), again.join(", ")])
}

#[test]
fn two_objects_are_read_from_one_list() {
    let (none, resized) = (json!({}), json!({"size": "m"}));
    let same = || json!([item(0, &none), item(1, &none)]);
    let changed = || json!([item(0, &resized), item(1, &resized)]);
    let older = || {
        json!([
            item(0, &json!({"updated_at": "2026-01-01T00:00:00Z", "size": "xs"})),
            item(1, &none)
        ])
    };
    // (objects, list, sizes in state, requests of the first two refreshes, requests of the third one)
    #[rustfmt::skip]
    let rows = [
        ("unchanged objects need no further request", (same(), Ok(same()), json!(["s", "s"]), "list", "")),
        ("a change is read, each time", (changed(), Ok(changed()), json!(["m", "m"]), "list, get 0, get 1", "get 1")),
        ("an item with other values than its object is not used", (same(), Ok(changed()), json!(["s", "s"]), "list, get 0, get 1", "get 1")),
        ("an object that the list lacks is read", (same(), Ok(json!([item(0, &none)])), json!(["s", "s"]), "list, get 1", "get 1")),
        ("an object is gone only if its own request says so", (json!([item(0, &none), null]), Ok(json!([item(0, &none)])), json!(["s", null]), "list, get 1", "get 1")),
        ("an object in a list that is gone meanwhile", (json!([item(0, &none), null]), Ok(same()), json!(["s", "s"]), "list", "")),
        ("an object that is listed twice is read", (same(), Ok(json!([item(0, &none), item(1, &none), item(1, &resized)])), json!(["s", "s"]), "list, get 1", "get 1")),
        ("an item that lacks a field is read, and all others", (same(), Ok(json!([without(0, "size"), without(1, "size")])), json!(["s", "s"]), "list, get 0, get 1", "get 1")),
        ("an item that lacks a nested field, too", (same(), Ok(json!([item(0, &json!({"parts": [{}]})), item(1, &json!({"parts": [{}]}))])), json!(["s", "s"]), "list, get 0, get 1", "get 1")),
        ("an item without its identity is not found", (same(), Ok(json!([without(0, "uuid"), 7, item(1, &none)])), json!(["s", "s"]), "list, get 0", "")),
        ("a list that is behind state", (same(), Ok(older()), json!(["s", "s"]), "list, get 0", "")),
        ("a field with an unexpected type is read", (same(), Ok(json!([item(0, &json!({"size": []})), item(1, &none)])), json!(["s", "s"]), "list, get 0", "")),
        ("a list that fails", (same(), Err(ErrorKind::Forbidden), json!(["s", "s"]), "list, get 0, get 1", "get 1")),
    ];
    prove(rows, |(objects, listed, sizes, first, again)| {
        let (account, context) = account(&objects, listed, 1);
        let actual = block_on(refresh_twice(&account, &context));
        (json!([sizes, first, again]), actual)
    });
}

#[test]
fn identity_is_compared_as_the_format_says() {
    let upper = json!({"uuid": UUID.to_ascii_uppercase()});
    let objects = json!([item(0, &json!({})), item(1, &json!({}))]);
    let (account, context) = account(&objects, Ok(json!([item(0, &upper), item(1, &json!({}))])), 1);
    let sizes = block_on(refresh_twice(&account, &context));
    assert_eq!(sizes, json!([["s", "s"], "list", ""]));
}

/// Refreshes things one after the other: that many reads of each.
fn refresh_in_turn(pages: usize, reads: usize) -> Vec<String> {
    let objects = json!([item(0, &json!({})), item(1, &json!({}))]);
    let (account, context) = account(&objects, Ok(objects.clone()), pages);
    let binding = binding();
    block_on(async {
        for number in 0..reads {
            refresh(&binding, &context, &mut known(&binding, number % 2)).await;
        }
    });
    account.requests.lock().unwrap().clone()
}

#[test]
fn one_object_is_read_with_one_request() {
    assert_eq!(refresh_in_turn(1, 1), ["get 0"]);
    assert_eq!(refresh_in_turn(1, 2), ["get 0", "list"]);
    assert_eq!(refresh_in_turn(1, 20), ["get 0", "list"]);
}

#[test]
fn long_list_is_read_if_as_many_objects_are_wanted() {
    let requests = refresh_in_turn(10, 30);
    // The second read shows that the list is too long; the tenth and all later ones use it.
    let (gets, lists): (Vec<_>, Vec<_>) = requests.iter().partition(|request| request.starts_with("get"));
    assert_eq!((gets.len(), lists.len()), (9, 2), "{requests:?}");
}

#[test]
fn first_read_waits_for_others_only_while_terraform_is_busy() {
    let objects = json!([item(0, &json!({})), item(1, &json!({}))]);
    let binding = binding();
    let waited = |is_busy: bool| {
        let (account, context) = account(&objects, Ok(objects.clone()), 1);
        block_on(async {
            let _other = is_busy.then(|| context.process.begin_request());
            let started = tokio::time::Instant::now();
            refresh(&binding, &context, &mut known(&binding, 0)).await;
            assert_eq!(*account.requests.lock().unwrap(), ["get 0"]);
            started.elapsed()
        })
    };
    assert!(waited(false) < Duration::from_millis(50), "{:?}", waited(false));
    let busy = waited(true);
    assert!(
        busy > Duration::from_millis(250) && busy < Duration::from_millis(400),
        "{busy:?}"
    );
}

#[test]
fn imported_object_is_read() {
    let objects = json!([item(0, &json!({})), item(1, &json!({}))]);
    let (account, context) = account(&objects, Ok(objects.clone()), 1);
    let binding = binding();
    block_on(async {
        for number in 0..2 {
            let mut known = Known {
                state: value(&binding, &json!({"uuid": uuid(number)})),
                private: seen_here(),
            };
            refresh(&binding, &context, &mut known).await;
            assert_eq!(shown(known.state.get("size")), "s");
        }
    });
    assert_eq!(*account.requests.lock().unwrap(), ["get 0", "get 1"]);
}

/// The list abbreviates an object that has not changed, after it showed the whole of one that has.
#[test]
fn abbreviated_item_is_no_change() {
    let (none, resized) = (
        json!({}),
        json!({"size": "m", "updated_at": "2026-01-03T00:00:00Z"}),
    );
    let objects = json!([item(0, &resized), item(1, &none)]);
    let listed = json!([item(0, &resized), item(1, &json!({"size": null, "parts": []}))]);
    let (account, context) = account(&objects, Ok(listed), 1);
    let sizes = block_on(refresh_twice(&account, &context));
    assert_eq!(sizes, json!([["m", "s"], "list, get 0, get 1", "get 1"]));
}
