/* The goods field: a scanned code goes into the basket, letters find goods. */
"use strict";

(() => {
    const form = document.querySelector("[data-goods]");
    const field = form.querySelector("#code");
    const list = document.querySelector("#found");

    const options = () => [...list.querySelectorAll("[role=option]")];
    const chosen = () => list.querySelector("[aria-selected=true]");

    function close() {
        list.replaceChildren();
        field.setAttribute("aria-expanded", "false");
        field.removeAttribute("aria-activedescendant");
    }

    function mark(option) {
        for (const other of options()) other.setAttribute("aria-selected", String(other === option));
        if (option) {
            field.setAttribute("aria-activedescendant", option.id);
            option.scrollIntoView({ block: "nearest" });
        } else {
            field.removeAttribute("aria-activedescendant");
        }
    }

    function take(code) {
        field.value = "";
        close();
        document.dispatchEvent(new CustomEvent("till:scan", { detail: { text: code } }));
    }

    const times = () => /^\s*\d+(?:[.,]\d+)?\s*\*/.exec(field.value)?.[0] ?? "";

    form.addEventListener("submit", (event) => {
        event.preventDefault();
        const option = chosen();
        const code = option ? times() + option.dataset.sku : field.value.trim();
        if (code) take(code);
    });

    list.addEventListener("click", (event) => {
        const option = event.target.closest("[role=option]");
        if (!option) return;
        take(times() + option.dataset.sku);
        field.focus();
    });

    field.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        const all = options();
        if (!step || !all.length) return;
        event.preventDefault();
        const at = all.indexOf(chosen());
        mark(all[(at + step + all.length + (at < 0 && step < 0 ? 1 : 0)) % all.length]);
    });

    field.addEventListener("till:leave", close);
    list.addEventListener("htmx:afterSwap", () => {
        if (!field.value.trim()) close();
        else field.setAttribute("aria-expanded", String(options().length > 0));
    });
    document.addEventListener("click", (event) => {
        if (!event.target.closest(".goods")) close();
    });
    document.addEventListener("till:scanned", (event) => take(event.detail));
})();
