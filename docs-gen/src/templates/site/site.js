// Search, themes, versions and copy buttons. Works for pages on a disk: data is loaded with <script>, nothing is fetched.
(() => {
  "use strict";
  const body = document.body;
  const root = body.dataset.root;
  const by = (id) => document.getElementById(id);

  // Theme: that of the system, until the reader chooses one. A script in the page's head has set a chosen theme already.
  by("theme").addEventListener("click", () => {
    const { dataset } = document.documentElement;
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    const current = ["dark", "light"].includes(dataset.theme) ? dataset.theme : system;
    dataset.theme = current === "dark" ? "light" : "dark";
    try { localStorage.setItem("theme", dataset.theme); } catch { /* the choice is lost with the page */ }
  });

  // Versions: go to the same place in the chosen version, or to its first page if it does not have this page.
  const versions = by("versions");
  const known = window.VERSIONS || [];
  const place = ({ version, pages }) => {
    const page = body.dataset.path;
    return root + "../" + encodeURIComponent(version) + "/" + (pages.includes(page) ? page + location.hash : "index.html");
  };
  if (known.length > 1) {
    versions.replaceChildren(...known.map(({ version }) => new Option(version, version, false, version === body.dataset.version)));
    versions.addEventListener("change", () => {
      location.href = place(known.find(({ version }) => version === versions.value));
    });
    const [newest] = known;
    if (newest.version !== body.dataset.version) {
      const note = document.createElement("p");
      note.className = "note warning old";
      const link = document.createElement("a");
      link.href = place(newest);
      link.textContent = "The newest version is " + newest.version + ".";
      note.append("This page documents version " + body.dataset.version + ". ", link);
      by("content").prepend(note);
    }
  } else {
    versions.disabled = true;
  }

  // The menu button of narrow windows.
  const menu = by("menu");
  menu.addEventListener("click", () => {
    const isOpen = body.classList.toggle("menu");
    menu.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) scrollTo(0, 0);
  });
  // Scrolls only the list: `scrollIntoView` would scroll the page, too.
  const center = (link) => {
    const list = link.closest("nav");
    list.scrollTop = link.offsetTop - list.offsetTop - list.clientHeight / 2;
  };
  const current = document.querySelector("nav [aria-current]");
  if (current) center(current);

  // Copy buttons.
  const copy = async (text, button) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = document.createElement("textarea");
      area.value = text;
      body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    if (button.classList.contains("done")) return;
    const label = button.textContent;
    button.textContent = "Copied";
    button.classList.add("done");
    setTimeout(() => { button.textContent = label; button.classList.remove("done"); }, 1200);
  };
  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.classList.contains("copy")) copy(button.parentElement.querySelector("code").textContent, button);
    if (button.classList.contains("link")) {
      const url = new URL("#" + button.dataset.anchor, location.href);
      history.replaceState(null, "", url);
      copy(url.href, button);
    }
  });

  // Opens the schemas around the attribute that the address names.
  const reveal = () => {
    const target = by(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let parent = target.closest("details"); parent; parent = parent.parentElement.closest("details")) parent.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));

  // Gives each heading a link to itself.
  for (const heading of document.querySelectorAll("main h2[id], main h3[id]")) {
    const link = document.createElement("a");
    link.className = "anchor";
    link.href = "#" + heading.id;
    link.textContent = "#";
    link.setAttribute("aria-label", "Link to " + heading.textContent);
    heading.append(link);
  }

  // Marks the current place in the contents: the last one that is above a third of the window.
  const entries = [...document.querySelectorAll("#contents a")]
    .map((link) => ({ link, target: by(decodeURIComponent(link.hash.slice(1))) }))
    .filter(({ target }) => target);
  const mark = () => {
    const above = entries.filter(({ target }) => target.getBoundingClientRect().top < innerHeight / 3);
    const here = above.at(-1) || entries[0];
    for (const { link } of entries) link.classList.toggle("here", link === here?.link);
    if (here) center(here.link);
  };
  let isWaiting = false;
  addEventListener("scroll", () => {
    if (isWaiting) return;
    isWaiting = true;
    requestAnimationFrame(() => { isWaiting = false; mark(); });
  }, { passive: true });
  mark();

  // Search: a result must have every word; a word in the name counts more than one in the description.
  const input = by("search");
  const results = by("results");
  const index = (window.SEARCH || []).map(([name, context, url, text]) => ({
    name, context, url, text,
    low: name.toLowerCase(), last: name.toLowerCase().split(".").pop(),
    all: (name + " " + context + " " + text).toLowerCase(),
  }));
  const rank = (entry, query, words) => {
    if (!words.every((word) => entry.all.includes(word))) return 0;
    let points = 1;
    if (entry.low === query || entry.last === query) points += 100;
    if (entry.low.startsWith(query) || entry.last.startsWith(query)) points += 40;
    for (const word of words) {
      if (entry.low.includes(word)) points += 20;
      if (entry.context.toLowerCase().includes(word)) points += 5;
    }
    return points - entry.name.length / 100;
  };
  const close = () => {
    results.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const select = (item) => {
    results.querySelector("[aria-selected=true]")?.setAttribute("aria-selected", "false");
    if (!item) return;
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", item.id);
  };
  const show = () => {
    const query = input.value.trim().toLowerCase();
    if (!query) { close(); return; }
    const words = query.split(/\s+/);
    const found = index
      .map((entry) => ({ entry, points: rank(entry, query, words) }))
      .filter(({ points }) => points > 0)
      .sort((one, other) => other.points - one.points)
      .slice(0, 30);
    results.replaceChildren(...found.map(({ entry }, number) => {
      const item = document.createElement("li");
      item.id = "result-" + number;
      item.setAttribute("role", "option");
      const link = document.createElement("a");
      link.href = root + entry.url;
      link.tabIndex = -1;
      const name = document.createElement("b");
      name.textContent = entry.name;
      const context = document.createElement("span");
      context.textContent = entry.context;
      const text = document.createElement("small");
      text.textContent = entry.text;
      link.append(name, context, text);
      item.append(link);
      return item;
    }));
    if (!found.length) {
      const item = document.createElement("li");
      item.textContent = "No results";
      item.className = "none";
      results.append(item);
    }
    results.hidden = false;
    input.setAttribute("aria-expanded", "true");
    select(results.querySelector("[role=option]"));
  };
  input.addEventListener("input", show);
  input.addEventListener("focus", show);
  input.addEventListener("keydown", (event) => {
    const items = [...results.querySelectorAll("[role=option]")];
    const at = items.findIndex((item) => item.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") { select(items[Math.min(at + 1, items.length - 1)]); event.preventDefault(); }
    if (event.key === "ArrowUp") { select(items[Math.max(at - 1, 0)]); event.preventDefault(); }
    if (event.key === "Enter" && items[at]) { items[at].querySelector("a").click(); close(); event.preventDefault(); }
    if (event.key === "Escape") { close(); input.blur(); }
  });
  document.addEventListener("click", (event) => { if (!event.target.closest(".search")) close(); });
  results.addEventListener("click", () => { close(); body.classList.remove("menu"); });
  document.addEventListener("keydown", (event) => {
    const isTyping = /^(input|textarea|select)$/i.test(event.target.tagName);
    if (event.key === "Escape" && body.classList.contains("menu")) menu.click();
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) { input.focus(); event.preventDefault(); }
  });
})();
