/* Keys, focus and order of answers: what HTML and htmx do not reach. */
"use strict";

(() => {
    const body = document.body;
    const isField = (element) => element.matches("input, textarea, select");
    const place = (name) => document.querySelector(`[data-focus="${name}"]`);

    function focus(name) {
        const field = place(name);
        if (!field) return;
        field.focus();
        if (isField(field)) field.select();
    }

    /* Everything that changes the basket goes out one request after the other, in order. Scans that wait go
       together, and of a number that changes meanwhile only the last value: nothing is lost, however fast. */
    const waiting = [];
    let sending = false;

    async function send(url, values) {
        const last = waiting.at(-1);
        if (last?.url === url) {
            if (Array.isArray(values.code)) last.values.code.push(...values.code);
            else last.values = values;
        } else {
            waiting.push({ url, values });
        }
        if (sending) return;
        sending = true;
        while (waiting.length) {
            const next = waiting.shift();
            await window.htmx
                .ajax("POST", next.url, { source: "#till", target: "#lines", swap: "outerHTML", values: next.values })
                .catch(() => {}); /* the page says that no answer came */
        }
        sending = false;
    }

    document.addEventListener("till:send", (event) => send(event.detail.url, event.detail.values));
    document.addEventListener("change", (event) => {
        const field = event.target;
        if (field.matches("input[data-post]")) send(field.dataset.post, { [field.name]: field.value });
    });
    document.addEventListener("submit", (event) => {
        const form = event.target;
        if (!form.matches("form[data-post]")) return;
        event.preventDefault();
        send(form.dataset.post, Object.fromEntries(new FormData(form, event.submitter)));
    });

    /* Answers may come out of order; only the newest state of the basket is shown. */
    const version = () => Number(document.querySelector("#quote")?.dataset.version ?? -1);
    let typing = null;
    body.addEventListener("htmx:beforeSwap", (event) => {
        const told = event.detail.xhr.getResponseHeader("X-Till-Version");
        if (told !== null && Number(told) < version()) event.detail.shouldSwap = false;
        document.querySelector("#offline").hidden = true;
        const field = document.activeElement;
        typing = field.id && isField(field) && field.value !== field.defaultValue ? field : null;
    });
    /* What somebody is typing elsewhere stays. */
    body.addEventListener("htmx:afterSettle", () => {
        const field = typing && !typing.isConnected ? document.getElementById(typing.id) : null;
        if (field) {
            field.value = typing.value;
            field.focus();
        }
        typing = null;
        for (const { url, values } of waiting) {
            const late = document.querySelector(`input[data-post="${url}"]`);
            if (late) late.value = values[late.name];
        }
    });
    for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
        body.addEventListener(name, () => {
            const note = document.querySelector("#offline");
            note.textContent = note.dataset.text;
            note.hidden = false;
        });
    }

    body.addEventListener("till:focus", (event) => focus(event.detail.on));

    /* What was unfolded stays unfolded. */
    const open = new Set();
    document.addEventListener("toggle", (event) => {
        const name = event.target.className;
        if (event.target.open) open.add(name);
        else if (event.target.isConnected) open.delete(name);
    }, true);
    body.addEventListener("htmx:afterSettle", () => {
        for (const name of open) document.querySelector(`details.${name}`)?.setAttribute("open", "");
    });

    const fields = { F2: "customer", F3: "goods", F4: "points", F6: "quantity" };
    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        const button = document.querySelector(`[data-key="${event.key}"]`);
        if (fields[event.key] && document.querySelector("#till")) {
            event.preventDefault();
            focus(fields[event.key]);
        } else if (button) {
            event.preventDefault();
            settle();
            button.click();
        } else if (event.key === "Escape") {
            leave(event);
        } else if (event.key === "Enter" && event.target.dataset.then) {
            event.preventDefault();
            focus(event.target.dataset.then);
        } else if (event.key.length === 1 && !isField(event.target) && event.key !== " ") {
            place("goods")?.focus(); /* a scanner types wherever the focus happens to be */
        }
    });

    /* A number that was typed but not left yet is sent before the key's own action. */
    function settle() {
        if (document.activeElement?.dataset.then) document.activeElement.blur();
    }

    function leave(event) {
        if (document.querySelector("dialog[open]")) return;
        if (event.target.id === "code") event.target.value = "";
        event.target.dispatchEvent(new CustomEvent("till:leave", { bubbles: true }));
        focus("goods");
    }

    document.addEventListener("click", (event) => {
        const asked = event.target.closest("[data-ask]");
        if (asked && !window.confirm(asked.dataset.ask)) {
            event.preventDefault();
            event.stopImmediatePropagation();
            return;
        }
        const button = event.target.closest("button[data-post]");
        if (button) send(button.dataset.post, button.name ? { [button.name]: button.value } : {});
        const step = event.target.closest("[data-step]");
        if (step) {
            const field = step.parentElement.querySelector("input");
            const now = Number(field.value.replace(",", ".")) || 0;
            field.value = String(Math.max(0, Math.round((now + Number(step.dataset.step)) * 1000) / 1000));
            field.dispatchEvent(new Event("change", { bubbles: true }));
        }
        if (event.target.closest("[data-print]")) window.print();
        if (event.target.closest("[data-all]")) {
            for (const field of document.querySelectorAll("[data-left]")) field.value = field.dataset.left;
            document.querySelector("[data-left]")?.dispatchEvent(new Event("change", { bubbles: true }));
        }
    }, true);

    document.addEventListener("input", (event) => {
        const list = event.target.dataset.filter && document.getElementById(event.target.dataset.filter);
        if (!list) return;
        const wanted = event.target.value.trim().toLowerCase();
        for (const item of list.children) item.hidden = !item.dataset.name?.includes(wanted);
    });
})();
