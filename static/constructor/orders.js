// Buttons and choices that lay the questions out anew are carried out one after the other, and lose nothing:
// what is ordered while an answer is on its way waits for the new page, where the old button is gone; and an
// answer to a form that has been written on since is thrown away and asked for again. Nothing is replaced
// under a finger or a pressed mouse button: the click would fall between the old page and the new one.
(() => {
    const PARTS = ["questions", "sample"];
    const waiting = [];
    let busy = false;
    let sent = "";
    let pressed = false;
    let late = null;

    const form = () => document.getElementById("constructor");
    const written = () => new URLSearchParams(new FormData(form())).toString();
    const work = (on) => {
        busy = on;
        form().setAttribute("aria-busy", String(on || waiting.length > 0 || late !== null));
    };
    const isPart = (element) => Boolean(element) && PARTS.includes(element.id);

    // The same button or choice on the page as it is now.
    const twin = ({ name, value, select }) =>
        [...form().elements].find((one) => one.name === name && (select || one.value === value));

    const speak = (own) => {
        if (own.tagName === "BUTTON") own.click();
        else own.dispatchEvent(new Event("change", { bubbles: true }));
    };

    const again = () => {
        if (!late) return;
        const own = late;
        late = null;
        busy = false;
        speak(own);
    };

    const next = () => {
        work(false);
        while (waiting.length) {
            const order = waiting.shift();
            const own = twin(order);
            if (own) {
                if (order.select) own.value = order.value;
                else if (own.type === "radio") own.checked = true;
                speak(own);
                return;
            }
        }
        work(false);
    };

    const hear = (event, own) => {
        if (!busy) {
            work(true);
            return;
        }
        event.preventDefault();
        event.stopImmediatePropagation();
        waiting.push({ name: own.name, value: own.value, select: own.tagName === "SELECT" });
    };

    document.addEventListener(
        "click",
        (event) => {
            const button = event.target.closest("#constructor button[data-own]");
            if (button) hear(event, button);
        },
        true,
    );
    document.addEventListener(
        "change",
        (event) => {
            if (event.target.matches("#constructor select[data-own], #constructor input[data-own]"))
                hear(event, event.target);
        },
        true,
    );
    document.addEventListener(
        "pointerdown",
        () => {
            pressed = true;
        },
        true,
    );
    ["pointerup", "pointercancel"].forEach((name) =>
        document.addEventListener(
            name,
            () => {
                pressed = false;
                setTimeout(again, 20);
            },
            true,
        ),
    );
    // htmx sends the button that has the focus along with the form: only one that was pressed says anything.
    document.addEventListener("htmx:configRequest", (event) => {
        const { elt, formData } = event.detail;
        if (elt !== form()) return;
        form()
            .querySelectorAll("button[name]")
            .forEach(({ name }) => formData.delete(name));
    });
    document.addEventListener("htmx:beforeRequest", (event) => {
        if (isPart(event.detail.target)) sent = written();
    });
    document.addEventListener("htmx:beforeSwap", (event) => {
        const { elt, target } = event.detail;
        if (!isPart(target) || !(pressed || written() !== sent)) return;
        event.detail.shouldSwap = false;
        late = elt;
        if (!pressed) setTimeout(again);
    });
    document.addEventListener("htmx:afterSettle", (event) => {
        if (isPart(event.target)) next();
    });
    document.addEventListener("htmx:afterRequest", (event) => {
        if (!event.detail.successful && isPart(event.detail.target)) next();
    });
})();
