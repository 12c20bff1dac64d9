//! Each way in which an API can page a list, without a connection.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use http::{HeaderMap, header};
use serde_json::{Value, json};
use url::Url;

use crate::pages::{Documented, End, Page, Pager, Parameter, Step};

/// The number of objects of each list below, and the length of its pages.
const TOTAL: usize = 25;
const LENGTH: usize = 10;

/// A response: the body and the header `Link`, or a status.
type Answer = Result<(Value, Option<String>), u16>;

fn objects(from: usize, to: usize) -> Vec<Value> {
    (from..to.min(TOTAL))
        .map(|number| json!({"uuid": number}))
        .collect()
}

/// The number in a query such as `offset=10`.
fn number(query: Option<&str>, name: &str) -> Option<usize> {
    let pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    let mut values = pairs.filter(|(key, _)| *key == name);
    values.next()?.1.parse().ok()
}

/// Where the page of a query begins, if the API has this parameter and ignores all others.
fn begin(parameter: &str, query: Option<&str>) -> usize {
    match number(query, parameter) {
        Some(number) if parameter == "page" => (number - 1) * LENGTH,
        Some(number) => number,
        None => 0,
    }
}

/// How reading a list ended, with its queries and the number of its objects.
fn read(
    documented: &[(&str, Option<u64>)],
    proven: Option<Parameter>,
    max_pages: usize,
    answer: impl Fn(Option<&str>) -> Answer,
) -> (End, Vec<String>, usize) {
    let documented: Vec<_> = documented
        .iter()
        .map(|(name, default)| ((*name).to_owned(), *default))
        .collect();
    let mut reader = Pager::new(Documented::new(&documented), proven, max_pages);
    let url: Url = "https://api.test/prefix/api/things/".parse().unwrap();
    let mut queries = Vec::new();
    loop {
        let step = match answer(queries.last().map(String::as_str)) {
            Ok((body, link)) => {
                let mut headers = HeaderMap::new();
                headers.extend(link.map(|link| (header::LINK, link.parse().unwrap())));
                let page = Page::read(body.to_string().as_bytes(), &headers, &url).unwrap();
                reader.take(&Arc::new(page))
            }
            Err(404) => reader.not_found().expect("404 is an error"),
            Err(status) => reader.refused().unwrap_or_else(|| panic!("{status} is an error")),
        };
        match step {
            Step::Fetch(query) => queries.push(query),
            Step::End(end) => {
                let pages = reader.into_pages();
                return (end, queries, pages.iter().map(|page| page.items.len()).sum());
            }
        }
    }
}

/// Asserts that a list is whole after these queries.
#[track_caller]
fn assert_whole(
    queries: &[&str],
    documented: &[(&str, Option<u64>)],
    answer: impl Fn(Option<&str>) -> Answer,
) {
    let (end, sent, count) = read(documented, None, usize::MAX, answer);
    assert_eq!((end, count), (End::Whole, TOTAL), "{sent:?}");
    assert_eq!(sent, queries);
}

/// `{"items": [...], "count": N}` with this parameter.
fn counted(parameter: &'static str) -> impl Fn(Option<&str>) -> Answer {
    move |query| {
        let begin = begin(parameter, query);
        Ok((
            json!({"items": objects(begin, begin + LENGTH), "count": TOTAL}),
            None,
        ))
    }
}

#[test]
fn bare_list_is_whole() {
    assert_whole(&[], &[], |_| Ok((json!(objects(0, TOTAL)), None)));
    let empty = read(&[("offset", None)], None, usize::MAX, |_| Ok((json!([]), None)));
    assert_eq!(empty, (End::Whole, Vec::new(), 0));
}

#[test]
fn link_header_leads_to_the_next_page() {
    assert_whole(&["page=2&x=1", "page=3&x=1"], &[], |query| {
        let begin = begin("page", query);
        let next = begin / LENGTH + 2;
        let link = format!(
            "<http://10.0.0.1/api/things/?page=1>; rel=\"first\", </elsewhere/?page={next}&x=1>; title=\"a\"; rel=\"last next\""
        );
        let link = (begin + LENGTH < TOTAL).then_some(link);
        Ok((json!(objects(begin, begin + LENGTH)), link))
    });
    assert_whole(&["cursor=a%3D"], &[], |query| match query {
        None => Ok((json!(objects(0, 20)), Some("<?cursor=a%3D>; rel=next".to_owned()))),
        Some(_) => Ok((json!(objects(20, TOTAL)), Some("<?x=1>; rel=prev".to_owned()))),
    });
}

#[test]
fn next_link_gives_only_its_query() {
    for place in [
        "https://evil.test/a",
        "http://10.0.0.1:8000/api/things/",
        "",
        "/other/",
    ] {
        assert_whole(&["cursor=10", "cursor=20"], &[], |query| {
            let begin = begin("cursor", query);
            let next = begin + LENGTH;
            let next = (next < TOTAL).then(|| format!("{place}?cursor={next}"));
            Ok((
                json!({"results": objects(begin, begin + LENGTH), "next": next, "previous": null}),
                None,
            ))
        });
    }
}

#[test]
fn next_link_beside_a_total_is_followed() {
    assert_whole(&["page=2", "page=3"], &[], |query| {
        let begin = begin("page", query);
        let next = (begin + LENGTH < TOTAL).then(|| format!("https://a.test/?page={}", begin / LENGTH + 2));
        Ok((
            json!({"results": objects(begin, begin + LENGTH), "next": next, "count": TOTAL}),
            None,
        ))
    });
    // The number of objects on this page.
    assert_whole(&["page=2", "page=3"], &[], |query| {
        let begin = begin("page", query);
        let items = objects(begin, begin + LENGTH);
        let next = (begin + LENGTH < TOTAL).then(|| format!("?page={}", begin / LENGTH + 2));
        Ok((json!({"data": items, "next": next, "count": items.len()}), None))
    });
}

#[test]
fn total_without_a_link_needs_a_parameter() {
    assert_whole(&["offset=10", "offset=20"], &[], counted("offset"));
    // The second page repeats the first.
    assert_whole(&["offset=10", "page=2", "page=3"], &[], counted("page"));
    let documented = [("limit", Some(10)), ("page_number", None), ("offset", None)];
    assert_whole(&["offset=10", "offset=20"], &documented, counted("offset"));
    assert_whole(&["skip=10", "skip=20"], &[("skip", None)], counted("skip"));
    assert_whole(&["page=2", "page=3"], &[("page", Some(1))], counted("page"));
}

#[test]
fn refused_parameter_is_another_one() {
    for status in [400, 422] {
        assert_whole(&["offset=10", "page=2", "page=3"], &[], |query| {
            if number(query, "offset").is_some() {
                return Err(status);
            }
            counted("page")(query)
        });
    }
    // An API that ignores none of its parameters refuses both.
    let (end, queries, _) = read(&[], None, usize::MAX, |query| match query {
        Some(_) => Err(422),
        None => counted("offset")(None),
    });
    assert_eq!(queries, ["offset=10", "page=2"]);
    let reason = "it returned 10 of 25 objects, and no parameter gives the others";
    assert_eq!(end, End::Failed(reason.to_owned()));
}

#[test]
fn proven_parameter_is_tried_first() {
    let (end, queries, _) = read(
        &[],
        Some(Parameter::Number("page".to_owned(), 1)),
        usize::MAX,
        counted("page"),
    );
    assert_eq!(
        (end, queries),
        (End::Whole, vec!["page=2".to_owned(), "page=3".to_owned()])
    );
    let (end, queries, _) = read(
        &[],
        Some(Parameter::Number("page".to_owned(), 1)),
        usize::MAX,
        counted("offset"),
    );
    assert_eq!(end, End::Whole);
    assert_eq!(queries, ["page=2", "offset=10", "offset=20"]);
}

#[test]
fn bare_list_has_pages_if_the_document_has_a_parameter() {
    let bare = |parameter: &'static str| {
        move |query: Option<&str>| -> Answer {
            let begin = begin(parameter, query);
            Ok((json!(objects(begin, begin + LENGTH)), None))
        }
    };
    let limit = [("limit", Some(10)), ("offset", Some(0))];
    assert_whole(&["offset=10", "offset=20"], &limit, bare("offset"));
    assert_whole(&["offset=10", "offset=20"], &[("offset", None)], bare("offset"));
    // Not documented: an API that returns a bare list returns all of it.
    assert_eq!(
        read(&[], None, usize::MAX, bare("offset")),
        (End::Whole, Vec::new(), LENGTH)
    );
    // Shorter than a page.
    let limit = [("limit", Some(100)), ("offset", Some(0))];
    assert_whole(&[], &limit, |_| Ok((json!(objects(0, TOTAL)), None)));
    // Documented, but not effective.
    assert_whole(&["offset=25", "page=2"], &[("offset", None)], |_| {
        Ok((json!(objects(0, TOTAL)), None))
    });
}

#[test]
fn number_of_a_page_beyond_the_end_ends_a_bare_list() {
    let full = |query: Option<&str>| -> Answer {
        match begin("page", query) {
            begin if begin >= 20 => Err(404),
            begin => Ok((json!(objects(begin, begin + LENGTH)), None)),
        }
    };
    let (end, queries, count) = read(&[("page", Some(1))], None, usize::MAX, full);
    assert_eq!((end, count), (End::Whole, 20));
    assert_eq!(queries, ["page=2", "page=3"]);
}

#[test]
fn change_while_a_list_is_read_is_noticed() {
    let changed = End::Restart("its number of objects changed");
    let twice = End::Restart("an object was on two pages");
    // (objects of the second page, its total, result)
    let table = [
        (10..20, TOTAL, End::Failed("its pages are in a loop".to_owned())),
        (10..20, TOTAL - 1, changed.clone()),
        (10..20, TOTAL + 1, changed.clone()),
        (9..19, TOTAL, twice),
        (10..19, TOTAL, End::Failed("its pages are in a loop".to_owned())),
    ];
    for (second, total, expected) in table {
        let (end, ..) = read(&[], None, usize::MAX, |query| {
            let (items, total) = match query {
                None => (objects(0, LENGTH), TOTAL),
                Some(_) => (objects(second.start, second.end), total),
            };
            Ok((json!({"items": items, "count": total, "next": "?page=2"}), None))
        });
        assert_eq!(end, expected, "{second:?} {total}");
    }
    // An object fewer than the total, at the end.
    let (end, ..) = read(&[], None, usize::MAX, |query| {
        let begin = begin("page", query);
        let next = (begin + LENGTH < TOTAL).then_some(format!("?page={}", begin / LENGTH + 2));
        let items = objects(begin, (begin + LENGTH).min(TOTAL - 1));
        Ok((json!({"items": items, "count": TOTAL, "next": next}), None))
    });
    assert_eq!(end, End::Restart("it ended early"));
    let (end, ..) = read(&[], None, usize::MAX, |query| {
        let begin = begin("offset", query);
        Ok((
            json!({"items": objects(begin, (begin + LENGTH).min(20)), "count": TOTAL}),
            None,
        ))
    });
    assert_eq!(end, changed);
}

#[test]
fn list_is_too_long_for_what_it_is_worth() {
    assert_eq!(read(&[], None, 2, counted("offset")).0, End::TooLong(3));
    assert_eq!(read(&[], None, 3, counted("offset")).0, End::Whole);
    let requests = Cell::new(0);
    let endless = |query: Option<&str>| -> Answer {
        requests.set(requests.get() + 1);
        let begin = begin("cursor", query);
        let items = vec![json!({"uuid": begin})];
        Ok((
            json!({"results": items, "next": format!("?cursor={}", begin + 1)}),
            None,
        ))
    };
    assert_eq!(read(&[], None, 5, endless).0, End::TooLong(6));
    assert_eq!(requests.replace(0), 5);
    let (end, ..) = read(&[], None, usize::MAX, endless);
    assert_eq!(end, End::Failed("it has more than 1000 pages".to_owned()));
    assert_eq!(requests.get(), 1000);
}

#[test]
fn list_whose_sequel_cannot_be_requested_is_not_whole() {
    let first = || objects(0, LENGTH);
    let unreachable = "its link to the next page has no query";
    let unclear = "it may have further pages, and no parameter gives them";
    let partial = "it returned 10 of 25 objects, and no parameter gives the others";
    #[rustfmt::skip]
    let table = [
        (json!({"results": first(), "next": "b3BhcXVl"}), unreachable),
        (json!({"results": first(), "next": "/things/page/2/"}), unreachable),
        (json!({"results": first(), "next": 2}), unreachable),
        (json!({"results": first(), "next": {"href": "?page=2"}}), unreachable),
        (json!({"items": first(), "count": "25"}), partial),
        (json!({"items": first(), "count": 25.0}), partial),
        (json!({"items": first(), "total_count": 25}), partial),
        (json!({"items": first(), "meta": {"total": 25}}), unclear),
        (json!({"items": first(), "has_more": true}), unclear),
        (json!({"items": first(), "next_cursor": "a"}), unclear),
    ];
    for (body, expected) in table {
        let (end, ..) = read(&[], None, usize::MAX, |_| Ok((body.clone(), None)));
        assert_eq!(end, End::Failed(expected.to_owned()), "{body}");
    }
    let link = || Some("</page/2>; rel=next".to_owned());
    let (end, ..) = read(&[], None, usize::MAX, |_| Ok((json!(first()), link())));
    assert_eq!(end, End::Failed(unreachable.to_owned()));
    // Nothing says that there is more.
    for body in [
        json!({"items": objects(0, TOTAL)}),
        json!({"items": objects(0, TOTAL), "previous": null, "has_more": false, "next_cursor": ""}),
    ] {
        assert_whole(&[], &[], |_| Ok((body.clone(), None)));
    }
    // A parameter gives the rest.
    assert_whole(&["offset=10", "offset=20", "offset=25"], &[], |query| {
        let begin = begin("offset", query);
        Ok((
            json!({"items": objects(begin, begin + LENGTH), "has_more": begin + LENGTH < TOTAL, "meta": 1}),
            None,
        ))
    });
}

#[test]
fn pages_can_be_counted_from_zero() {
    assert_whole(
        &["page=1", "page=2"],
        &[("page", Some(0)), ("limit", Some(10))],
        |query| {
            let begin = number(query, "page").unwrap_or(0) * LENGTH;
            Ok((json!(objects(begin, begin + LENGTH)), None))
        },
    );
}

/// Objects have the same identity on each page, and another value in each response.
#[test]
fn objects_are_recognized_although_they_change() {
    let requests = Cell::new(0);
    let volatile = |begin: usize, end: usize| -> Vec<Value> {
        requests.set(requests.get() + 1);
        let objects = (begin..end.min(TOTAL))
            .map(|number| json!({"id": 0, "uuid": number, "is_online": requests.get()}));
        objects.collect()
    };
    let (end, queries, count) = read(&[], None, usize::MAX, |query| {
        let begin = begin("page", query);
        Ok((
            json!({"items": volatile(begin, begin + LENGTH), "count": TOTAL}),
            None,
        ))
    });
    assert_eq!((end, count), (End::Whole, TOTAL));
    assert_eq!(queries, ["offset=10", "page=2", "page=3"]);
    // A documented parameter without effect.
    let (end, queries, count) = read(&[("offset", None)], None, usize::MAX, |_| {
        Ok((json!(volatile(0, TOTAL)), None))
    });
    assert_eq!((end, count, queries.len()), (End::Whole, TOTAL, 2));
    // An object that moves to the second page.
    let (end, ..) = read(&[], None, usize::MAX, |query| {
        let begin = begin("page", query).saturating_sub(1);
        let next = (begin + LENGTH < TOTAL).then(|| "?page=2".to_owned());
        Ok((
            json!({"items": volatile(begin, begin + LENGTH), "next": next}),
            None,
        ))
    });
    assert_eq!(end, End::Restart("an object was on two pages"));
}

#[test]
fn body_without_a_list_is_an_error() {
    let url: Url = "https://api.test/".parse().unwrap();
    let table = [
        ("", "it has no body"),
        ("null", "expected a list, got null"),
        ("\"a\"", "expected a list, got a string"),
        ("{\"detail\": \"a\"}", "expected a list, got an object"),
        ("{\"items\": {}}", "expected a list, got an object"),
        (
            "[1",
            "the body is not JSON (EOF while parsing a list at line 1 column 2)",
        ),
        (
            "<html>",
            "the body is not JSON (expected value at line 1 column 1)",
        ),
    ];
    for (body, expected) in table {
        let error = Page::read(body.as_bytes(), &HeaderMap::new(), &url).unwrap_err();
        assert_eq!(error.to_string(), expected, "{body}");
    }
    let seen = RefCell::new(Vec::new());
    let (end, ..) = read(&[], None, usize::MAX, |query| {
        seen.borrow_mut().push(query.map(str::to_owned));
        Ok((json!({"items": [1, "a", null]}), None))
    });
    assert_eq!((end, seen.into_inner()), (End::Whole, vec![None]));
}
