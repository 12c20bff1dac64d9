// Search, themes, versions, copying. Works from a disk: nothing is fetched, data comes by <script>.
(() => {
  "use strict";
  const body = document.body;
  const root = body.dataset.root;
  const by = (id) => document.getElementById(id);

  // A browser may refuse storage to pages on a disk.
  const stored = (key) => {
    try { return localStorage.getItem(key); } catch { return null; }
  };
  const store = (key, value) => {
    try { localStorage.setItem(key, value); } catch { /* the choice lasts as long as the page */ }
  };

  // Themes: the system's, until one is chosen.
  const isDark = () =>
    (document.documentElement.dataset.theme ||
      (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const chosen = stored("theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
  by("theme").addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    store("theme", theme);
  });

  // Versions: the same page of another one, where it has it; its folder's index is the way back.
  const versions = by("versions");
  const known = window.VERSIONS || [];
  if (known.length > 1) {
    versions.replaceChildren(...known.map((version) => new Option(version, version, false, version === body.dataset.version)));
    versions.addEventListener("change", () => {
      location.href = root + "../" + encodeURIComponent(versions.value) + "/index.html";
    });
  } else {
    versions.disabled = true;
  }

  // The menu of a narrow window.
  const menu = by("menu");
  menu.addEventListener("click", () => {
    const isOpen = body.classList.toggle("menu");
    menu.setAttribute("aria-expanded", String(isOpen));
  });
  const current = document.querySelector("nav [aria-current]");
  if (current) current.scrollIntoView({ block: "center" });

  // Copying.
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
    const label = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1200);
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

  // What an anchor is in must be open.
  const reveal = () => {
    const target = by(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    for (let parent = target.closest("details"); parent; parent = parent.parentElement.closest("details")) parent.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));

  // Search: every word must be found; names count more than texts.
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
      item.textContent = "Nothing found";
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
    if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) { input.focus(); event.preventDefault(); }
  });
})();
