/* Everything that changes the basket goes out one request after the other, in order. Scans are kept in the
   browser until the server says that it counted them: they survive a lost answer, a reload and a new sign-in,
   and wait in sight. Each has a key, so that it counts once, and the id of the basket it was made for. */
"use strict";

(() => {
    const box = document.querySelector("#waiting");
    const note = document.querySelector("#offline");
    const PREFIX = "till.scan.";
    const MOST = 50;
    const PATIENCE = 15000;
    const PAUSES = [1000, 2000, 4000, 8000, 15000];
    /* A scan that is answered sooner is not worth a word. */
    const UNSEEN = 600;

    const jobs = []; /* what else changes the basket; gone with the page */
    const loose = []; /* scans that the browser would not keep */
    let running = false;
    let paying = false;
    let leaving = false;
    let failures = 0;
    let stale = false; /* a change was sent and not answered: the screen may be older than the basket */
    let timer = 0;
    let count = 0;

    const onSale = () => document.querySelector("#till") !== null;
    const current = () => document.querySelector("#end")?.dataset.basket ?? box.dataset.basket;

    function makeOrder() {
        count += 1;
        const last = list().at(-1)?.order.slice(0, 13) ?? "";
        const now = String(Date.now()).padStart(13, "0");
        return `${now > last ? now : last}-${String(count).padStart(6, "0")}`;
    }

    function makeKey() {
        const bytes = crypto.getRandomValues(new Uint8Array(9));
        return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_");
    }

    function list() {
        const kept = [];
        try {
            for (const name of Object.keys(localStorage)) {
                if (name.startsWith(PREFIX)) kept.push(JSON.parse(localStorage.getItem(name)));
            }
        } catch {
            /* no storage, or something else's entry: only what is loose */
        }
        return [...kept, ...loose].sort((one, other) => (one.order < other.order ? -1 : 1));
    }

    function keep(scan) {
        try {
            localStorage.setItem(PREFIX + scan.key, JSON.stringify(scan));
            return true;
        } catch {
            if (!loose.includes(scan)) loose.push(scan);
            return false;
        }
    }

    function forget(keys) {
        for (const key of keys) {
            const at = loose.findIndex((scan) => scan.key === key);
            if (at >= 0) loose.splice(at, 1);
            try {
                localStorage.removeItem(PREFIX + key);
            } catch {
                /* it was loose */
            }
        }
    }

    const isMine = (scan) => scan.tag === "" || scan.tag === current();
    const mine = () => list().filter(isMine);
    const left = () => list().filter((scan) => !isMine(scan));

    function put(text, who) {
        /* What is scanned while the basket is being paid is the next customer's, or this one's if nothing is sold. */
        const tag = paying ? "" : current();
        const scan = { text, who, tag, key: makeKey(), order: makeOrder() };
        if (!keep(scan) && !onSale()) {
            post(text); /* the browser keeps nothing from page to page: the form takes it along */
            return;
        }
        window.setTimeout(show, UNSEEN);
        run();
    }

    function post(text) {
        const form = document.querySelector("form[data-scan]");
        form.elements.code.value = text;
        form.submit();
    }

    function send(url, values, field) {
        const last = jobs.at(-1);
        const scan = mine().at(-1);
        if (last?.url === url && !(scan?.order > last.order)) last.values = values;
        else jobs.push({ url, values, field, order: makeOrder() });
        if (url === box.dataset.pay) paying = true;
        run();
    }

    async function run() {
        if (running || leaving) return;
        running = true;
        window.clearTimeout(timer);
        let going = true;
        while (going) {
            const scans = mine();
            const job = jobs[0];
            if (scans.length && !onSale()) going = await goToSale();
            else if (scans.length && !(job?.order < scans[0].order)) going = await sendScans(scans, job);
            else if (job) going = await sendJob();
            else if (stale) going = await look();
            else break;
        }
        running = false;
        if (!going && !leaving) fail();
        show();
    }

    /* The scans go to the page that shows the basket, once the server is there. */
    async function goToSale() {
        try {
            const answer = await fetch(box.dataset.ask, { signal: AbortSignal.timeout(PATIENCE) });
            if (!answer.ok) return false;
        } catch {
            return false;
        }
        leaving = true;
        window.location.assign(box.dataset.sale);
        return false;
    }

    async function sendScans(scans, job) {
        const [{ who, tag }] = scans;
        const batch = who ? scans.slice(0, 1) : [];
        for (const scan of who ? [] : scans.slice(0, MOST)) {
            if (scan.who || scan.tag !== tag || scan.order > job?.order) break;
            batch.push(scan);
        }
        const keys = batch.map((scan) => scan.key);
        const texts = batch.map((scan) => scan.text);
        const url = who ? box.dataset.identify : box.dataset.add;
        await request("POST", url, { [who ? "who" : "code"]: texts, key: keys, basket: tag });
        return !leaving && !mine().some((scan) => keys.includes(scan.key));
    }

    async function sendJob() {
        const job = jobs.shift();
        const answered = await request("POST", job.url, job.values);
        if (!answered) jobs.unshift(job);
        paying = jobs.some(({ url }) => url === box.dataset.pay) || (paying && leaving);
        return answered && !leaving;
    }

    const look = async () => (await request("GET", box.dataset.sale, {})) && !leaving;

    /* What the page shows, so that the server sends only what is different. */
    function shown() {
        const parts = [...document.querySelectorAll("[data-print]")];
        return parts.map((part) => `${part.id.replace("line-", "")}:${part.dataset.print}`).join(" ");
    }

    let answered = false;
    async function request(verb, url, values) {
        answered = false;
        const context = { source: "#till", swap: "none", values: { ...values, shown: shown() } };
        await window.htmx.ajax(verb, url, context).catch(() => {});
        return answered;
    }

    document.body.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
        const { xhr } = detail;
        if (xhr.status >= 400) return;
        answered = true;
        if (xhr.getResponseHeader("HX-Redirect")) leaving = true;
        forget((xhr.getResponseHeader("X-Till-Heard") ?? "").split(" ").filter(Boolean));
        failures = 0;
        stale = false;
        note.hidden = true;
    });
    document.body.addEventListener("htmx:responseError", ({ detail }) => say(detail.xhr.status === 403 ? "old" : "text"));
    for (const name of ["htmx:sendError", "htmx:timeout"]) {
        document.body.addEventListener(name, () => {
            say("text");
            if (running || !onSale()) return;
            stale = true; /* the search for goods found nobody: look again until somebody answers */
            plan();
        });
    }
    document.addEventListener("till:refused", () => mine().length > 0 && say("unsold"));
    /* A number that was changed again meanwhile is not set back by the answer before. */
    document.body.addEventListener("htmx:afterSettle", () => {
        for (const { url, values } of jobs) {
            const late = document.querySelector(`input[data-post="${url}"]`);
            if (late) late.value = values[late.name];
        }
    });

    function say(name) {
        note.querySelector("span").textContent = note.dataset[name];
        note.querySelector("button").hidden = name !== "old";
        note.hidden = false;
    }

    /* No answer: the scans wait and go by themselves; nothing else is done behind the cashier's back. */
    function fail() {
        const dropped = jobs.splice(0);
        if (dropped.length) stale = true;
        for (const { field } of dropped) {
            if (field?.isConnected && field.name !== "code") field.value = field.defaultValue;
        }
        if (note.hidden) say("text");
        if (paying) say(mine().length ? "unsold" : "unpaid");
        else if (dropped.length) say("undone");
        paying = false;
        plan();
    }

    function plan() {
        window.clearTimeout(timer);
        timer = window.setTimeout(run, PAUSES[Math.min(failures, PAUSES.length - 1)]);
        failures += 1;
    }

    function show() {
        fill(box, failures || running ? mine() : []);
        fill(document.querySelector("#leftover"), left());
    }

    function fill(part, scans) {
        part.hidden = scans.length === 0;
        part.querySelector("[data-count]").textContent = scans.length;
        const items = scans.map(({ text }) => Object.assign(document.createElement("li"), { textContent: text }));
        part.querySelector("ol").replaceChildren(...items);
    }

    document.addEventListener("till:scan", ({ detail }) => put(detail.text, detail.who ?? false));
    document.addEventListener("till:send", ({ detail }) => send(detail.url, detail.values, detail.field));
    document.addEventListener("click", ({ target }) => {
        if (target.closest("[data-adopt]")) for (const scan of left()) keep({ ...scan, tag: current() });
        else if (target.closest("[data-discard]")) forget(left().map(({ key }) => key));
        else if (target.closest("[data-reload]")) window.location.reload();
        else return;
        show();
        run();
    });

    window.addEventListener("online", run);
    window.addEventListener("offline", () => !note.hidden || say("text"));
    window.addEventListener("storage", show);
    window.addEventListener("pageshow", () => {
        leaving = false;
        paying = false;
        show();
        run();
    });
})();
