/* Keys, focus and order of answers: what HTML and htmx do not reach. */
"use strict";

(() => {
    const body = document.body;
    const isField = (element) => element.matches("input, textarea, select");
    /* The quantity that F6 means is the newest line's. */
    const place = (name) => document.querySelector(name === "quantity" ? ".stepper__number" : `[data-focus="${name}"]`);
    const send = (url, values, field) =>
        document.dispatchEvent(new CustomEvent("till:send", { detail: { url, values, field } }));

    function focus(name) {
        const field = place(name);
        if (!field) return;
        field.focus();
        if (isField(field)) field.select();
    }

    document.addEventListener("change", (event) => {
        const field = event.target;
        if (field.matches("input[data-left]")) stop(field);
        if (field.matches("input[data-post]")) send(field.dataset.post, { [field.name]: field.value }, field);
    });
    document.addEventListener("submit", (event) => {
        const form = event.target;
        if (!form.matches("form[data-post]")) return;
        event.preventDefault();
        send(form.dataset.post, Object.fromEntries(new FormData(form, event.submitter)));
    });

    /* Answers may come out of order; only the newest state of the basket is shown. */
    const version = () => Number(document.querySelector("#end")?.dataset.version ?? -1);
    let typing = null;
    body.addEventListener("htmx:beforeSwap", (event) => {
        const told = event.detail.xhr.getResponseHeader("X-Till-Version");
        if (told !== null && Number(told) < version()) event.detail.shouldSwap = false;
        const field = document.activeElement;
        typing = field.id && isField(field) ? field : null;
    });
    /* What somebody is typing elsewhere, or about to type, stays. */
    body.addEventListener("htmx:afterSettle", () => {
        const field = typing && !typing.isConnected ? document.getElementById(typing.id) : null;
        if (field) {
            if (typing.value !== typing.defaultValue) field.value = typing.value;
            field.focus();
        }
        typing = null;
    });

    /* An answer puts the focus where the sale goes on, unless somebody went elsewhere since the answer was asked for. */
    let strayed = false;
    for (const name of ["till:scan", "till:send"]) document.addEventListener(name, () => (strayed = false));
    document.addEventListener("pointerdown", ({ target }) => (strayed ||= isField(target)));
    body.addEventListener("till:focus", (event) => {
        if (!strayed && !document.querySelector("dialog[open]")) focus(event.detail.on);
    });

    /* What was unfolded stays unfolded. */
    const open = new Set();
    document.addEventListener("toggle", (event) => {
        if (event.target.open) open.add(event.target.id);
        else if (event.target.isConnected) open.delete(event.target.id);
    }, true);
    body.addEventListener("htmx:afterSettle", () => {
        for (const name of open) document.getElementById(name)?.setAttribute("open", "");
    });

    const fields = { F2: "customer", F3: "goods", F4: "points", F6: "quantity" };
    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
        const button = document.querySelector(`[data-key="${event.key}"]`);
        if (fields[event.key] && document.querySelector("#till")) {
            event.preventDefault();
            strayed = true;
            focus(fields[event.key]);
        } else if (button) {
            event.preventDefault();
            settle();
            if (button.disabled) document.dispatchEvent(new CustomEvent("till:refused"));
            button.click();
        } else if (event.key === "Escape") {
            leave(event);
        } else if (event.key === "Enter" && event.target.dataset.then) {
            event.preventDefault();
            focus(event.target.dataset.then);
        }
    });

    /* A number that was typed but not left yet is sent before the key's own action. */
    function settle() {
        if (document.activeElement?.dataset.then) document.activeElement.blur();
    }

    function leave(event) {
        if (event.target.id === "code") event.target.value = "";
        event.target.dispatchEvent(new CustomEvent("till:leave", { bubbles: true }));
        focus("goods");
    }

    /* Numbers as the page's language writes them; no more than is left to come back. */
    const comma = new Intl.NumberFormat(document.documentElement.lang).format(0.5).charAt(1);
    const read = (text) => Number(text.replace(",", ".")) || 0;
    const write = (number) => String(Math.round(number * 1000) / 1000).replace(".", comma);

    function stop(field) {
        if (read(field.value) > read(field.dataset.left)) field.value = field.dataset.left;
    }

    function step(button) {
        const field = button.parentElement.querySelector("input");
        field.value = write(Math.max(0, read(field.value) + Number(button.dataset.step)));
        field.dispatchEvent(new Event("change", { bubbles: true }));
    }

    document.addEventListener("click", (event) => {
        const button = event.target.closest("button[data-post]");
        if (button) send(button.dataset.post, button.name ? { [button.name]: button.value } : {});
        const stepper = event.target.closest("[data-step]");
        if (stepper) step(stepper);
        if (event.target.closest("[data-print-page]")) window.print();
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
