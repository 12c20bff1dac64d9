//! The static site in a headless Chromium, opened from a disk: search, links, anchors, themes and versions.
//!
//! The tests need `chromedriver` and Chromium. Without them they are skipped with a message, and fail if `CI=true`.
//! Screenshots are in `target/site-pictures`.

#![cfg(test)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use docs_gen::compat::Names;
use docs_gen::examples::Examples;
use docs_gen::facts::{declared, served};
use docs_gen::json::Document;
use docs_gen::kind::Kind;
use docs_gen::site;
use fantoccini::key::Key;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use provider::durantic::DEFINITION;
use serde_json::{Value as Json, json};

const MISSING: &str = "`chromedriver` is not on PATH: install it and Chromium (Debian: apt-get install chromium chromium-driver)";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// This provider's site with two versions, of which only the newer one has `durantic_only_new`. All tests share it.
fn site() -> &'static Path {
    static SITE: LazyLock<PathBuf> = LazyLock::new(|| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("site");
        if out.exists() {
            fs::remove_dir_all(&out).expect("the old site is removed");
        }
        build(&out);
        out
    });
    &SITE
}

fn build(out: &Path) {
    for version in ["1.2.0", "1.10.0"] {
        let examples = Examples::new(root().join("examples"));
        let mut documentation = declared::documentation(&DEFINITION, version, &examples).expect("the facts");
        if version == "1.10.0" {
            let variable = documentation.object(Kind::Resource, "durantic_variable");
            let mut only_new = variable.expect("the variable").clone();
            only_new.name = "durantic_only_new".to_owned();
            documentation.objects.push(only_new);
        }
        site::build(&documentation, &root().join("templates"), out, version).expect("the site");
    }
}

/// A browser that ends when the value is dropped.
struct Browser {
    driver: Child,
    /// Kept open because the driver writes to it.
    _output: BufReader<ChildStdout>,
    client: Client,
    site: &'static Path,
}

impl Browser {
    /// `None` if there is no browser and `CI` is not `true`.
    async fn start() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        if !std::env::split_paths(&path).any(|folder| folder.join("chromedriver").is_file()) {
            assert!(std::env::var("CI").as_deref() != Ok("true"), "{MISSING}");
            eprintln!("SKIPPED: {MISSING}");
            return None;
        }
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts");
        let mut output = BufReader::new(driver.stdout.take().expect("its output"));
        let port = port(&mut output);
        let options = json!({
            "goog:chromeOptions": {"args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--allow-file-access-from-files", "--window-size=1300,1000"]},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"}
        });
        let Json::Object(options) = options else {
            unreachable!("it is an object")
        };
        let client = ClientBuilder::new(hyper_util_connector())
            .capabilities(options)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a session with chromedriver");
        Some(Self {
            driver,
            _output: output,
            client,
            site: site(),
        })
    }

    async fn open(&self, page: &str) {
        let url = format!("file://{}/1.10.0/{page}", self.site.display());
        // A browser does not reload the page for another anchor.
        if page.contains('#') {
            self.client.goto("about:blank").await.expect("an empty page");
        }
        self.client.goto(&url).await.expect("the page");
        // The page's script has run when the page is complete, which takes a while on a busy machine.
        while self.script("return document.readyState").await != "complete" {
            tokio::task::yield_now().await;
        }
    }

    /// All pages of the newer version.
    fn pages(&self) -> Vec<String> {
        let mut pages = docs_gen::files::walk(&self.site.join("1.10.0")).expect("the site");
        pages.retain(|path| Path::new(path).extension().is_some_and(|end| end == "html"));
        pages
    }

    /// The contents of the clipboard, pasted into a field of the page with the keyboard.
    async fn paste(&self) -> String {
        let field = "const field = document.createElement('textarea'); field.id = 'pasted'; document.querySelector('main').prepend(field)";
        self.script(field).await;
        let field = self.client.find(Locator::Css("#pasted")).await.expect("a field");
        field
            .send_keys(&format!("{}v", char::from(Key::Control)))
            .await
            .expect("a key");
        let pasted = self
            .script("const field = document.getElementById('pasted'); field.remove(); return field.value")
            .await;
        pasted.as_str().unwrap_or_default().to_owned()
    }

    async fn script(&self, text: &str) -> Json {
        self.client.execute(text, Vec::new()).await.expect(text)
    }

    async fn picture(&self, name: &str) {
        let folder = root().join("target/site-pictures");
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(
            folder.join(format!("{name}.png")),
            self.client.screenshot().await.expect("a picture"),
        )
        .expect("a file");
    }

    async fn log(&self, kind: &'static str) -> Vec<Json> {
        let log = self.client.issue_cmd(Chrome::Log(kind)).await.expect("the log");
        log.as_array().cloned().unwrap_or_default()
    }

    async fn devtools(&self, command: &'static str, parameters: Json) {
        self.client
            .issue_cmd(Chrome::DevTools(command, parameters))
            .await
            .expect(command);
    }

    /// Asserts that the page wrote no message to the console and loaded files from the disk only.
    async fn assert_no_errors(&self, page: &str) {
        let messages = self.log("browser").await;
        assert_eq!(messages, Vec::<Json>::new(), "{page}: the console");
        for entry in self.log("performance").await {
            let message: Json =
                serde_json::from_str(entry["message"].as_str().expect("a message")).expect("JSON");
            if message["message"]["method"] == "Network.requestWillBeSent" {
                let url = message["message"]["params"]["request"]["url"]
                    .as_str()
                    .unwrap_or_default();
                let is_local = ["file://", "data:", "about:"]
                    .iter()
                    .any(|scheme| url.starts_with(scheme));
                assert!(is_local, "{page} requests {url}");
            }
        }
    }

    async fn end(mut self) {
        self.client.clone().close().await.expect("the browser closes");
        self.driver.kill().expect("chromedriver ends");
        self.driver.wait().expect("chromedriver ends");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // For failed assertions: `end` was not called.
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// Commands of chromedriver that are not part of `WebDriver`.
#[derive(Debug)]
enum Chrome {
    Log(&'static str),
    DevTools(&'static str, Json),
}

impl WebDriverCompatibleCommand for Chrome {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        let session = session.unwrap_or_default();
        base.join(&match self {
            Self::Log(_) => format!("session/{session}/se/log"),
            Self::DevTools(..) => format!("session/{session}/goog/cdp/execute"),
        })
    }

    fn method_and_body(&self, _: &url::Url) -> (http::Method, Option<String>) {
        let body = match self {
            Self::Log(kind) => json!({"type": kind}),
            Self::DevTools(command, parameters) => json!({"cmd": command, "params": parameters}),
        };
        (http::Method::POST, Some(body.to_string()))
    }
}

/// The port of chromedriver, from the line that it prints when it is ready.
fn port(output: &mut impl BufRead) -> u16 {
    let lines = output.lines().map_while(Result::ok);
    let mut ports = lines.filter_map(|line| {
        let port = line.split_once("started successfully on port ")?.1;
        port.trim_end_matches('.').parse().ok()
    });
    ports.next().expect("chromedriver prints its port")
}

fn hyper_util_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}

#[tokio::test]
async fn site_has_search_anchors_and_copy_buttons() {
    let Some(browser) = Browser::start().await else {
        return;
    };

    // Search finds attributes at any depth, with the keyboard only.
    browser.open("index.html").await;
    let body = browser.client.find(Locator::Css("body")).await.expect("a body");
    body.send_keys("/").await.expect("a key");
    let search = browser.client.active_element().await.expect("a focus");
    assert_eq!(
        search.attr("id").await.expect("an id").as_deref(),
        Some("search"),
        "the key / leads to the search"
    );
    search.send_keys("match prefixes").await.expect("keys");
    let first = browser
        .script("return document.querySelector('#results li').innerText")
        .await;
    assert!(
        first.as_str().is_some_and(
            |text| text.contains("rules.match_prefixes") && text.contains("durantic_route_policy_set")
        ),
        "{first}"
    );
    browser.picture("search").await;
    search.send_keys(&Key::Enter.to_string()).await.expect("a key");
    let url = browser.client.current_url().await.expect("a URL").to_string();
    assert!(
        url.ends_with("/resources/route_policy_set.html#rules.match_prefixes"),
        "{url}"
    );
    let is_seen = browser.script("const box = document.getElementById('rules.match_prefixes').getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight").await;
    assert_eq!(is_seen, true, "the found attribute is visible");
    browser.picture("found").await;
    browser.assert_no_errors("search").await;

    // The search reports that it found nothing, and treats markup in a query as text.
    let search = browser
        .client
        .find(Locator::Css("#search"))
        .await
        .expect("the search");
    search.send_keys("<b>nothing</b>").await.expect("keys");
    assert_eq!(
        browser
            .script("return document.querySelector('#results').innerText")
            .await,
        "No results"
    );

    // An anchor inside a closed block opens the block.
    browser.open("resources/route_policy_set.html").await;
    browser
        .script("document.querySelector('details').open = false; location.hash = '#rules.action'")
        .await;
    let opened = browser
        .client
        .wait()
        .for_element(Locator::Css("details[open] [id='rules.action']"))
        .await;
    assert!(opened.is_ok(), "the block is open");

    // The button copies the attribute's link to the clipboard, and changes the address.
    let button = browser
        .client
        .find(Locator::Css("[data-anchor='rules.set_med']"))
        .await;
    button.expect("a button").click().await.expect("a click");
    let url = browser.client.current_url().await.expect("a URL").to_string();
    assert!(
        url.ends_with("/resources/route_policy_set.html#rules.set_med"),
        "{url}"
    );
    assert_eq!(browser.paste().await, url);

    // The button copies the example's code, without the text of the button.
    browser.open("resources/variable.html").await;
    let button = browser.client.find(Locator::Css(".copy")).await;
    button.expect("a button").click().await.expect("a click");
    let code = browser.paste().await;
    assert!(
        code.starts_with("resource \"durantic_variable\" \"region\" {") && !code.contains("Copy"),
        "{code}"
    );

    // The table of contents links to every section and attribute, and marks the current one.
    browser.open("resources/route_policy_set.html").await;
    let link = browser
        .client
        .find(Locator::Css("#contents [href='#what-a-change-does']"))
        .await;
    link.expect("a link").click().await.expect("a click");
    let here = browser
        .client
        .wait()
        .for_element(Locator::Css("#contents [href='#what-a-change-does'].here"))
        .await;
    assert!(here.is_ok(), "it is marked");

    // The anchors of the Registry work, too.
    assert_eq!(
        browser
            .script("return document.getElementById('nestedblock--rules') !== null")
            .await,
        true
    );
    browser.end().await;
}

#[tokio::test]
async fn site_has_themes_versions_phone_and_print_layouts() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let background = "return getComputedStyle(document.body).backgroundColor";
    browser.open("resources/machine_deployment.html").await;
    assert_eq!(browser.script(background).await, "rgb(255, 255, 255)");
    browser.picture("light").await;

    // The button changes the theme, and the next page keeps it.
    browser
        .client
        .find(Locator::Css("#theme"))
        .await
        .expect("a button")
        .click()
        .await
        .expect("a click");
    assert_eq!(browser.script(background).await, "rgb(20, 24, 29)");
    browser.picture("dark").await;
    browser.open("resources/secret.html").await;
    assert_eq!(
        browser.script(background).await,
        "rgb(20, 24, 29)",
        "the choice is kept"
    );
    browser.script("localStorage.clear()").await;

    // Without a choice, the theme is that of the system.
    browser
        .devtools(
            "Emulation.setEmulatedMedia",
            json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]}),
        )
        .await;
    browser.open("resources/secret.html").await;
    assert_eq!(browser.script(background).await, "rgb(20, 24, 29)");
    browser
        .devtools("Emulation.setEmulatedMedia", json!({"features": []}))
        .await;

    // The switcher lists the newest version first, and compares numbers.
    browser.open("index.html").await;
    assert_eq!(
        browser
            .script("return [...document.querySelectorAll('#versions option')].map(one => one.value)")
            .await,
        json!(["1.10.0", "1.2.0"])
    );
    let switch = "const list = document.getElementById('versions'); list.value = arguments[0]; list.dispatchEvent(new Event('change'))";
    let switch_to = async |version: &str| {
        let arguments = vec![json!(version)];
        browser
            .client
            .execute(switch, arguments)
            .await
            .expect("the switch");
        let body = format!("body[data-version='{version}']");
        let found = browser.client.wait().for_element(Locator::Css(&body)).await;
        found.expect("the other version");
        browser.client.current_url().await.expect("a URL").to_string()
    };
    // The switcher opens the same place in the other version, or its first page if the page is missing there. The page of an
    // old version links to the newest one.
    browser.open("resources/vip.html#enabled").await;
    let url = switch_to("1.2.0").await;
    assert!(url.ends_with("/1.2.0/resources/vip.html#enabled"), "{url}");
    let note = Locator::Css(".old a");
    browser.client.wait().for_element(note).await.expect("a note");
    browser.script("document.querySelector('.old a').click()").await;
    let newest = browser
        .client
        .wait()
        .for_element(Locator::Css("body[data-version='1.10.0']"))
        .await;
    newest.expect("the newest version");
    let url = browser.client.current_url().await.expect("a URL").to_string();
    assert!(url.ends_with("/1.10.0/resources/vip.html#enabled"), "{url}");
    assert_eq!(
        browser.script("return document.querySelector('.old')").await,
        Json::Null
    );
    browser.open("resources/only_new.html").await;
    let url = switch_to("1.2.0").await;
    assert!(url.ends_with("/1.2.0/index.html"), "{url}");

    // On a phone, pages fit the window, and a button opens the navigation.
    browser
        .devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": true}),
        )
        .await;
    for page in browser.pages() {
        browser.open(&page).await;
        assert_eq!(
            browser
                .script("return document.documentElement.scrollWidth")
                .await,
            390,
            "{page} is not wider than the window"
        );
    }
    let is_shown = "return getComputedStyle(document.querySelector('nav')).display !== 'none'";
    browser.open("resources/machine_deployment.html").await;
    assert_eq!(browser.script(is_shown).await, false);
    browser.picture("phone").await;
    browser
        .client
        .find(Locator::Css("#menu"))
        .await
        .expect("a button")
        .click()
        .await
        .expect("a click");
    assert_eq!(browser.script(is_shown).await, true);
    browser.picture("phone-menu").await;
    let menu = browser.client.active_element().await.expect("a focus");
    menu.send_keys(&Key::Escape.to_string()).await.expect("a key");
    assert_eq!(browser.script(is_shown).await, false, "the escape key closes it");
    browser
        .devtools("Emulation.clearDeviceMetricsOverride", json!({}))
        .await;

    // Printed pages have no navigation, and all blocks are open.
    browser.open("resources/route_policy_set.html").await;
    let print = "document.querySelector('details').open = false; dispatchEvent(new Event('beforeprint')); \
                 return document.querySelector('details').open";
    let deadline = Instant::now() + Duration::from_secs(10);
    while browser.script(print).await != true {
        assert!(Instant::now() < deadline, "printed pages have all blocks open");
        tokio::task::yield_now().await;
    }
    browser
        .devtools("Emulation.setEmulatedMedia", json!({"media": "print"}))
        .await;
    assert_eq!(browser.script(is_shown).await, false);
    browser.picture("print").await;
    browser.assert_no_errors("all of it").await;
    browser.end().await;
}

#[tokio::test]
async fn site_pages_have_no_errors_and_no_dead_links() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    let folder = browser.site.join("1.10.0");
    let mut anchors: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut links = Vec::new();
    for path in browser.pages() {
        browser.open(&path).await;
        browser.assert_no_errors(&path).await;
        assert_eq!(
            browser.script("return scrollY").await,
            0,
            "{path} begins at its top"
        );
        let found = browser.script("return [[...document.querySelectorAll('[id]')].map(one => one.id), [...document.links].map(one => one.href)]").await;
        let strings = |json: &Json| -> Vec<String> {
            json.as_array()
                .expect("a list")
                .iter()
                .filter_map(|one| one.as_str().map(str::to_owned))
                .collect()
        };
        let ids = strings(&found[0]);
        let mut unique = ids.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), ids.len(), "{path}: a duplicate id");
        links.extend(strings(&found[1]).into_iter().map(|link| (path.clone(), link)));
        anchors.insert(folder.join(&path).display().to_string(), ids);
    }
    let search = browser.script("return window.SEARCH.map(one => one[2])").await;
    let base = format!("file://{}", folder.display());
    links.extend(search.as_array().expect("the index").iter().map(|url| {
        (
            "search".to_owned(),
            format!("{base}/{}", url.as_str().expect("a URL")),
        )
    }));
    assert!(anchors.len() > 20 && links.len() > 500);
    for (page, link) in links {
        let Some(local) = link.strip_prefix("file://") else {
            continue;
        };
        let (file, anchor) = local.split_once('#').unwrap_or((local, ""));
        assert!(Path::new(file).is_file(), "{page}: no file for {link}");
        if let Some(known) = anchors.get(file)
            && !anchor.is_empty()
        {
            assert!(
                known.iter().any(|id| id == anchor),
                "{page}: no anchor for {link}"
            );
        }
    }
    browser.end().await;
}

/// Finds texts whose contrast is too low for WCAG 2.2 AA.
const CONTRAST: &str = r"
    const rgb = (text) => (text.match(/[\d.]+/g) || []).map(Number);
    const light = (color) => color.slice(0, 3)
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * [0.2126, 0.7152, 0.0722][index], 0);
    const behind = (element) => {
        for (let one = element; one; one = one.parentElement) {
            const color = rgb(getComputedStyle(one).backgroundColor);
            if (color.length === 3) return color;
        }
        return [255, 255, 255];
    };
    const low = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        if (!texts.currentNode.textContent.trim() || !element.checkVisibility({ opacityProperty: true })) continue;
        const style = getComputedStyle(element);
        const [one, other] = [light(rgb(style.color)), light(behind(element))];
        const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
        if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) low.add(`${texts.currentNode.textContent.trim()}: ${ratio.toFixed(2)}`);
    }
    return [...low];
";

#[tokio::test]
async fn site_has_contrast_and_ordered_headings() {
    let Some(browser) = Browser::start().await else {
        return;
    };
    for path in browser.pages() {
        browser.open(&path).await;
        for theme in ["light", "dark"] {
            let set = "document.documentElement.dataset.theme = arguments[0]";
            browser
                .client
                .execute(set, vec![json!(theme)])
                .await
                .expect("a theme");
            assert_eq!(browser.script(CONTRAST).await, json!([]), "{path}, {theme}");
        }
        let levels = "return [...document.querySelectorAll('main :is(h1, h2, h3, h4, h5, h6)')].map(one => Number(one.tagName[1]))";
        let levels: Vec<u64> = serde_json::from_value(browser.script(levels).await).expect("numbers");
        assert!(
            levels.first() == Some(&1) && levels.windows(2).all(|pair| pair[1] <= pair[0] + 1),
            "{path}: {levels:?}"
        );
    }
    browser.end().await;
}

/// A schema with many resources and attributes, like that of a large provider.
fn large_schema() -> String {
    let attributes = |number: usize| {
        let mut all = serde_json::Map::new();
        for index in 0..30 {
            let flags = if index % 3 == 0 { "required" } else { "optional" };
            all.insert(format!("attribute_{index}"), json!({"type": "string", flags: true, "description": format!("What attribute {index} of thing {number} is for. See [the manual](https://example.com).")}));
        }
        all
    };
    let resources: serde_json::Map<String, Json> = (0..200)
        .map(|number| {
            let nested = json!({"nesting_mode": "list", "block": {"attributes": attributes(number), "description": "A block."}});
            (format!("large_thing_{number}"), json!({"version": 0, "block": {"attributes": attributes(number), "block_types": {"settings": nested}, "description": format!("Thing {number}.\n\nManages it.")}}))
        })
        .collect();
    json!({"format_version": "1.0", "provider_schemas": {"registry.terraform.io/example/large": {"resource_schemas": resources, "provider": {"block": {"description": "Large."}}}}}).to_string()
}

#[tokio::test]
async fn site_of_a_provider_with_200_resources() {
    let document = Document::parse(&large_schema()).expect("the schema");
    let names = Names {
        provider: "large".to_owned(),
        rendered: "large".to_owned(),
    };
    let started = Instant::now();
    let provider = document.provider("large").expect("the provider");
    let documentation = served::documentation(
        provider,
        "registry.terraform.io/example/large",
        "",
        &names,
        &Examples::new("nowhere"),
    )
    .expect("the facts");
    let out = tempfile::tempdir().expect("a folder");
    let count = site::build(&documentation, Path::new("nowhere"), out.path(), "2.0.0").expect("the site");
    let size: u64 = docs_gen::files::walk(out.path())
        .expect("the site")
        .iter()
        .map(|path| fs::metadata(out.path().join(path)).expect("a file").len())
        .sum();
    eprintln!(
        "{count} files, {} KiB, {} ms",
        size / 1024,
        started.elapsed().as_millis()
    );
    assert_eq!(count, 2 * 201 + 6, "an HTML and a Markdown page for each object");

    let Some(browser) = Browser::start().await else {
        return;
    };
    browser
        .client
        .goto(&format!("file://{}/2.0.0/index.html", out.path().display()))
        .await
        .expect("the page");
    let search = browser
        .client
        .find(Locator::Css("#search"))
        .await
        .expect("the search");
    search
        .send_keys("thing_137 settings.attribute_7")
        .await
        .expect("keys");
    let first = browser
        .script("return document.querySelector('#results a').getAttribute('href')")
        .await;
    assert_eq!(first, "resources/thing_137.html#settings.attribute_7");
    browser.assert_no_errors("the large one").await;
    browser.end().await;
}

#[test]
fn highlight_marks_and_escapes_code() {
    let highlight = site::highlight::highlight;
    assert_eq!(
        highlight("shell", "terraform import a.b 7c9e-1 \"$x\" # why"),
        "<span class=\"k\">terraform</span> import a.b 7c9e-1 <span class=\"s\">&quot;$x&quot;</span> <span class=\"c\"># why</span>"
    );
    assert_eq!(
        highlight("terraform", "a \"b\" {\n  c = [\"${d[\"e\"]}\", 1.5, true]\n}"),
        "<span class=\"b\">a</span> <span class=\"s\">&quot;b&quot;</span> {\n  <span class=\"a\">c</span> = \
         [<span class=\"s\">&quot;${d[&quot;e&quot;]}&quot;</span>, <span class=\"n\">1.5</span>, <span class=\"k\">true</span>]\n}"
    );
    assert_eq!(highlight("text", "<b>&"), "&lt;b&gt;&amp;");
}

#[test]
fn render_gives_equal_headings_distinct_anchors() {
    let (html, headings) = site::markdown::render("# A\n\n## Same\n\n## Same\n\n## `Same`\n");
    let anchors: Vec<&str> = headings.iter().map(|(_, anchor, _)| anchor.as_str()).collect();
    assert_eq!(anchors, ["a", "same", "same-1", "same-2"]);
    assert!(html.contains("<h2 id=\"same-1\">Same</h2>"), "{html}");
}

#[test]
fn build_refuses_versions_that_are_not_folder_names() {
    let documentation =
        declared::documentation(&DEFINITION, "1", &Examples::new("nowhere")).expect("the facts");
    for version in ["", "..", "../x", "a/b", ".hidden"] {
        let out = tempfile::tempdir().expect("a folder");
        assert!(
            site::build(&documentation, Path::new("nowhere"), out.path(), version).is_err(),
            "{version:?}"
        );
    }
}
