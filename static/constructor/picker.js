// Pickers of the constructor: search as you type, arrows and Enter choose, Backspace takes the last one away.
// What is chosen stands in hidden fields; whoever listens to "change" on the form hears of it.
(() => {
    const form = () => document.getElementById("constructor");
    let waiting;
    const pickerOf = (element) => element.closest("[data-picker]");
    const listOf = (picker) => picker.querySelector("[role=listbox]");
    const inputOf = (picker) => picker.querySelector("[data-search]");
    const options = (picker) => [...listOf(picker).querySelectorAll("[role=option]")];

    const close = (picker) => {
        listOf(picker).hidden = true;
        inputOf(picker).setAttribute("aria-expanded", "false");
        inputOf(picker).removeAttribute("aria-activedescendant");
    };

    const mark = (picker, option) => {
        options(picker).forEach((one) => one.setAttribute("aria-selected", one === option ? "true" : "false"));
        if (option) {
            inputOf(picker).setAttribute("aria-activedescendant", option.id);
            option.scrollIntoView({ block: "nearest" });
        }
    };

    const show = (picker, html) => {
        const list = listOf(picker);
        list.innerHTML = html;
        options(picker).forEach((option, index) => {
            option.id = `${list.id}-${index}`;
        });
        list.hidden = false;
        inputOf(picker).setAttribute("aria-expanded", "true");
        mark(picker, inputOf(picker).value ? options(picker)[0] : null);
    };

    const search = async (picker) => {
        const programme = form().elements.namedItem("programme");
        const query = new URLSearchParams({
            q: inputOf(picker).value,
            sources: picker.dataset.sources,
            programme: programme ? programme.value : "",
        });
        picker.asked = (picker.asked || 0) + 1;
        const asked = picker.asked;
        const answer = await fetch(`${form().dataset.searchUrl}?${query}`, { credentials: "same-origin" });
        if (answer.ok && asked === picker.asked && document.activeElement === inputOf(picker)) {
            picker.found = query.get("q");
            show(picker, await answer.text());
        }
    };

    // Enter takes what was typed, not what the list still shows of before.
    const take = async (picker) => {
        if (picker.found !== inputOf(picker).value) {
            clearTimeout(waiting);
            await search(picker);
        }
        const all = options(picker);
        const marked = all.find((one) => one.getAttribute("aria-selected") === "true");
        if (marked && !listOf(picker).hidden) choose(picker, marked);
    };

    const changed = (picker) => picker.dispatchEvent(new Event("change", { bubbles: true }));

    const nameFor = (picker, source) =>
        picker.dataset.names
            .split(",")
            .map((pair) => pair.split("="))
            .find((pair) => pair[0] === source)[1];

    // Some things have a page of their own, which opens beside this one.
    const pageOf = (picker, source, code) => {
        if (!(picker.dataset.pages || "").split(",").includes(source)) return "";
        const programme = form().elements.namedItem("programme");
        const query = new URLSearchParams({ source, code, programme: programme ? programme.value : "" });
        return `${form().dataset.thingUrl}?${query}`;
    };

    const chipOf = (name, code, label, address) => {
        const chip = document.createElement("span");
        chip.className = "rc-chip";
        const text = document.createElement(address ? "a" : "span");
        text.textContent = label;
        if (address) Object.assign(text, { href: address, target: "_blank", rel: "noopener", className: "rc-open" });
        const field = document.createElement("input");
        field.type = "hidden";
        field.name = name;
        field.value = code;
        const drop = document.createElement("button");
        drop.type = "button";
        drop.dataset.drop = "";
        drop.setAttribute("aria-label", `× ${label}`);
        drop.textContent = "×";
        chip.append(text, field, drop);
        return chip;
    };

    const refresh = (picker) => {
        const chosen = picker.querySelectorAll(".rc-chip").length;
        const empty = picker.querySelector("[data-empty]");
        if (empty) empty.disabled = chosen > 0;
        if ("single" in picker.dataset) inputOf(picker).hidden = chosen > 0;
    };

    const choose = (picker, option) => {
        const { source, code, name } = option.dataset;
        const field = nameFor(picker, source);
        const chips = picker.querySelector(".rc-chips");
        const twice = [...picker.querySelectorAll("input[type=hidden]")].some(
            (one) => one.name === field && one.value === code && !one.disabled,
        );
        if (!twice) {
            if ("single" in picker.dataset) chips.replaceChildren();
            chips.append(chipOf(field, code, name, pageOf(picker, source, code)));
        }
        inputOf(picker).value = "";
        close(picker);
        refresh(picker);
        if (!inputOf(picker).hidden) inputOf(picker).focus();
        else picker.querySelector("[data-drop]").focus();
        changed(picker);
    };

    // What was made on the spot is chosen as if it had been found.
    // Nothing is looked for then: a list would only lie over what comes next.
    document.addEventListener("picker:choose", (event) => {
        event.target.still = true;
        choose(event.target, { dataset: event.detail });
        event.target.still = false;
    });

    document.addEventListener("input", (event) => {
        if (!event.target.matches("[data-search]")) return;
        clearTimeout(waiting);
        waiting = setTimeout(() => search(pickerOf(event.target)), 180);
    });

    document.addEventListener("focusin", (event) => {
        if (event.target.matches("[data-search]") && !pickerOf(event.target).still) search(pickerOf(event.target));
    });

    document.addEventListener("focusout", (event) => {
        const picker = event.target.matches("[data-search]") && pickerOf(event.target);
        if (picker && !picker.contains(event.relatedTarget)) setTimeout(() => close(picker), 120);
    });

    document.addEventListener("keydown", (event) => {
        if (!event.target.matches("[data-search]")) return;
        const picker = pickerOf(event.target);
        const all = options(picker);
        const at = all.findIndex((one) => one.getAttribute("aria-selected") === "true");
        const open = !listOf(picker).hidden;
        if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            if (!open) search(picker);
            else if (all.length) mark(picker, all[(at + (event.key === "ArrowDown" ? 1 : all.length - 1)) % all.length]);
        } else if (event.key === "Enter") {
            event.preventDefault();
            take(picker);
        } else if (event.key === "Escape") {
            close(picker);
        } else if (event.key === "Backspace" && !event.target.value) {
            const last = [...picker.querySelectorAll("[data-drop]")].pop();
            if (last) last.click();
        }
    });

    document.addEventListener("pointerdown", (event) => {
        const option = event.target.closest("[role=option]");
        if (option && pickerOf(option)) {
            event.preventDefault();
            choose(pickerOf(option), option);
        }
    });

    document.addEventListener("click", (event) => {
        const drop = event.target.closest("[data-drop]");
        if (drop) {
            const picker = pickerOf(drop);
            drop.closest(".rc-chip").remove();
            refresh(picker);
            inputOf(picker).focus();
            changed(picker);
        } else if (event.target.matches("[data-picker]")) {
            inputOf(event.target).focus();
        }
    });

    // A menu closes when one looks elsewhere; Escape closes it too.
    document.addEventListener("click", (event) => {
        document.querySelectorAll(".rc-menu[open]").forEach((menu) => {
            if (!menu.contains(event.target)) menu.open = false;
        });
    });
    document.addEventListener("keydown", (event) => {
        if (event.key !== "Escape") return;
        const menu = event.target.closest(".rc-menu[open]");
        if (menu) {
            menu.open = false;
            menu.querySelector("summary").focus();
        }
    });

    // What a button has just added is where the person goes on.
    document.addEventListener("htmx:afterSettle", (event) => {
        if (event.target.id !== "questions") return;
        const added = event.target.querySelector("[data-new]");
        if (!added) return;
        const field = added.querySelector("input:not([type=hidden]):not([hidden]), select, textarea");
        if (field) field.focus({ preventScroll: false });
    });

    // On a phone the basket waits closed.
    document.addEventListener("DOMContentLoaded", () => {
        const sample = document.querySelector(".rc-sample");
        if (sample && window.matchMedia("(max-width: 63.99rem)").matches) sample.open = false;
    });
})();
