// Adds comfort to pages that work without it: theme, keys, copying, updates.
"use strict";
(() => {
  const $ = (s) => document.querySelector(s);
  const root = document.documentElement;
  const kept = { get: (k) => { try { return localStorage.getItem(k); } catch { return null; } }, set: (k, v) => { try { localStorage.setItem(k, v); } catch { /* private window */ } } };

  // Theme: as the system has it, light, dark.
  const themes = ["", "light", "dark"];
  const paint = (t) => { if (t) root.dataset.theme = t; else delete root.dataset.theme; };
  paint(kept.get("theme") || "");
  const actions = {
    theme: () => { const next = themes[(themes.indexOf(kept.get("theme") || "") + 1) % 3]; kept.set("theme", next); paint(next); say("Theme: " + (next || "as the system")); },
    keys: () => $("#help").showModal(),
    "keys-off": () => { const off = kept.get("keys") !== "off"; kept.set("keys", off ? "off" : ""); say(off ? "Keys are off" : "Keys are on"); $("#help").close(); },
    refresh: () => refresh(true),
  };
  const say = (text) => { $("#said").textContent = text; };
  const reveal = () => document.querySelectorAll("[data-do][hidden], [data-copy][hidden]").forEach((b) => { b.hidden = false; });
  document.addEventListener("click", (e) => {
    const b = e.target.closest("[data-do], [data-copy]");
    if (!b) return;
    if (b.dataset.do) actions[b.dataset.do]();
    else navigator.clipboard.writeText(document.getElementById(b.dataset.copy).textContent).then(() => say("Copied"));
  });

  // Keys, off in inputs.
  const go = { d: "#difference", e: "#evidence", s: "#shadow", b: "#blast", a: "#approve", r: "#reject", c: "#comment", x: "#abort-reason" };
  const step = (by) => {
    const items = [...document.querySelectorAll("[data-item]")];
    const at = items.indexOf(document.activeElement);
    const next = items[at < 0 ? (by > 0 ? 0 : items.length - 1) : Math.min(Math.max(at + by, 0), items.length - 1)];
    if (next) next.focus();
  };
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest("input, textarea, select, dialog")) return;
    if (e.key === "?") { e.preventDefault(); actions.keys(); return; }
    if (kept.get("keys") === "off") return;
    if (e.key === "j" || e.key === "k") { step(e.key === "j" ? 1 : -1); return; }
    const target = go[e.key] && $(go[e.key]);
    if (target) { e.preventDefault(); target.scrollIntoView({ block: "center" }); target.focus({ preventScroll: true }); }
  });

  // Updates: the page is fetched again and its content morphed, so that focus,
  // scroll and open parts stay. Nothing moves under a form that is being filled.
  const live = "live" in document.body.dataset;
  let cursor = document.body.dataset.cursor, source, timer, news = 0;
  const busy = () => document.activeElement.closest("form") || [...document.querySelectorAll("main textarea, main input:not([type=hidden])")].some((f) => f.value !== f.defaultValue);
  const refresh = (asked) => {
    if (!asked && busy()) { $("#news").hidden = false; $("#news button").textContent = news + " new: show"; return; }
    $("#news").hidden = true; news = 0;
    if (!window.htmx) { location.reload(); return; }
    window.htmx.ajax("GET", location.pathname + location.search, { target: "#main", select: "#main", swap: "outerMorph" }).then(reveal);
  };
  const heard = (e) => {
    cursor = e.lastEventId; news++;
    const what = JSON.parse(e.data);
    if (what.state) say(what.type + " " + what.subject + ": " + what.state);
    clearTimeout(timer);
    timer = setTimeout(refresh, 500);
  };
  const listen = () => {
    source = new EventSource("/v1/events?after=" + cursor);
    source.onmessage = heard;
    source.onopen = () => { $("#lost").hidden = true; };
    source.onerror = () => {
      if (!$("#lost").hidden) return;
      $("#lost time").textContent = new Date().toLocaleTimeString();
      $("#lost").hidden = false;
    };
  };
  reveal();
  if (!live || !window.EventSource) return;
  listen();
  document.addEventListener("visibilitychange", () => { if (document.hidden) source.close(); else listen(); });
})();
