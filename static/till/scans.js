/* A scan is a scan on every screen: a scanner types a code and presses Enter wherever the focus happens to be.
   What it typed into a field that takes no codes is taken out again and goes to the goods. */
"use strict";

(() => {
    /* A scanner leaves less time than this between two characters, a hand more. */
    const GAP = 150;
    const FEWEST = 8;
    const NUMERIC = "[inputmode=decimal], [inputmode=numeric]";
    const isField = (element) => element.matches("input, textarea, select");
    const goods = () => document.querySelector("[data-focus=goods]");
    const tell = (text, who = false) => document.dispatchEvent(new CustomEvent("till:scan", { detail: { text, who } }));

    let typed = "";
    let field = null;
    let before = "";
    let last = 0;

    /* Whether what was typed at once can only be a code, given the field it was typed into. */
    function isCode(text, target) {
        if (text.length < FEWEST || !target.matches("input")) return false;
        if (target.matches(NUMERIC)) return !/[.,\s]/.test(text);
        if (target.matches("[inputmode=tel]")) return isTradeNumber(text) || /^[\da-z-]*[a-z][\da-z-]*$/i.test(text);
        return /^\d+$/.test(text);
    }

    /* A GTIN by its length and check digit (GS1 General Specifications, 7.9). */
    function isTradeNumber(text) {
        if (!/^(\d{8}|\d{12,14})$/.test(text)) return false;
        const digits = [...text].reverse().map(Number);
        return digits.reduce((sum, digit, at) => sum + digit * (at % 2 ? 3 : 1), 0) % 10 === 0;
    }

    const takesCodes = (target) => target.matches("#code, #who, #q, [type=password]");

    function note(event) {
        const now = Date.now();
        if (field !== event.target || now - last > GAP) {
            typed = "";
            field = event.target;
            before = field.value ?? "";
        }
        typed += event.key;
        last = now;
    }

    /* A scan closes a dialog, as if somebody had said no, wherever the focus was left. */
    function makeRoom(event) {
        for (const dialog of document.querySelectorAll("dialog[open]")) {
            if (!isField(event.target) || !dialog.contains(event.target)) dialog.close();
        }
        if (!isField(event.target)) goods()?.focus();
    }

    document.addEventListener("keydown", (event) => {
        if (event.ctrlKey || event.altKey || event.metaKey) return;
        const { key, target } = event;
        if (key.length === 1) {
            if (key !== " ") makeRoom(event);
            note(event);
            return;
        }
        if (key === "Shift") return;
        const code = typed;
        const within = Date.now() - last <= GAP;
        typed = "";
        if (key !== "Enter" || !code || !within) return;
        if (!isField(target)) {
            event.preventDefault(); /* a scan where there is no field for it presses nothing */
            event.stopImmediatePropagation();
        } else if (field === target && !takesCodes(target) && isCode(code, target)) {
            event.preventDefault();
            event.stopImmediatePropagation();
            target.value = before;
            tell(code);
            goods()?.focus();
        }
    }, true);

    document.addEventListener("submit", (event) => {
        const form = event.target;
        if (form.matches("[data-scan]")) {
            event.preventDefault();
            const text = form.elements.code.value.trim();
            form.elements.code.value = "";
            if (text) tell(text);
            else window.location.assign(form.dataset.scan);
        } else if (form.matches("[data-who]") && form.elements.who.value.trim()) {
            event.preventDefault();
            event.stopImmediatePropagation();
            tell(form.elements.who.value.trim(), true);
            form.elements.who.value = "";
        } else if (form.matches("[data-or-goods]") && /^\s*\d{8,14}\s*$/.test(form.elements.q.value)) {
            event.preventDefault();
            findOrSell(form);
        }
    }, true);

    /* Where receipts are looked for, the barcode of goods opens the sale; so does any while nobody answers. */
    async function findOrSell(form) {
        const text = form.elements.q.value.trim();
        const address = `${form.dataset.orGoods}?code=${text}`;
        const answer = await fetch(address, { signal: AbortSignal.timeout(15000) }).catch(() => null);
        const found = answer?.ok && !answer.redirected ? await answer.json() : null;
        if (answer === null || found?.goods) {
            form.elements.q.value = "";
            tell(text);
        } else {
            form.submit();
        }
    }

    /* A code that was half typed when the page changed is typed on where the next one has its field. */
    const CARRIED = "till.typed";
    window.addEventListener("pagehide", () => {
        const text = document.querySelector("#code")?.value;
        if (text && Date.now() - last <= GAP) sessionStorage.setItem(CARRIED, text);
    });
    const carried = sessionStorage.getItem(CARRIED);
    sessionStorage.removeItem(CARRIED);
    const next = document.querySelector("#code");
    if (carried && next) next.value = carried + next.value;
})();
