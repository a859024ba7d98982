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

    /* Answers may come out of order; only the newest state of the basket is shown. */
    const version = () => Number(document.querySelector("#quote")?.dataset.version ?? -1);
    body.addEventListener("htmx:beforeSwap", (event) => {
        const told = event.detail.xhr.getResponseHeader("X-Till-Version");
        if (told !== null && Number(told) < version()) event.detail.shouldSwap = false;
        document.querySelector("#offline").hidden = true;
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
