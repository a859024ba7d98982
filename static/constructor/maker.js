// What a campaign needs and is not there yet is made in a dialog over the page, and is chosen at once in the picker
// from which it was asked for. The page below stays as it is: nothing that was typed is lost.
(() => {
    const dialog = () => document.getElementById("make");
    const page = () => document.getElementById("constructor");
    let wanted = "";
    let busy = false;

    const open = async (button) => {
        const address = new URL(button.dataset.make, window.location.href);
        const programme = page().elements.namedItem("programme");
        if (programme) address.searchParams.set("programme", programme.value);
        const answer = await fetch(address, { credentials: "same-origin" });
        if (!answer.ok || dialog().open) return;
        wanted = button.dataset.for;
        dialog().innerHTML = await answer.text();
        dialog().showModal();
    };

    const take = (made) => {
        const field = document.getElementById(wanted);
        const thing = { ...made.dataset };
        dialog().close();
        dialog().replaceChildren();
        if (field) field.closest("[data-picker]").dispatchEvent(new CustomEvent("picker:choose", { bubbles: true, detail: thing }));
    };

    const send = async (form) => {
        if (busy) return;
        busy = true;
        try {
            const body = new FormData(form);
            const answer = await fetch(form.getAttribute("action"), { method: "POST", body, credentials: "same-origin" });
            if (!answer.ok) throw new Error(String(answer.status));
            dialog().innerHTML = await answer.text();
            const made = dialog().querySelector("[data-made]");
            const wrong = dialog().querySelector("[aria-invalid=true]") || dialog().querySelector("input:not([type=hidden])");
            if (made) take(made);
            else if (wrong) wrong.focus();
        } catch {
            form.querySelector("[data-make-failed]").hidden = false;
        } finally {
            busy = false;
        }
    };

    document.addEventListener("click", (event) => {
        const button = event.target.closest("[data-make]");
        if (button) open(button);
        if (event.target.closest("[data-make-close]")) dialog().close();
    });
    document.addEventListener("submit", (event) => {
        if (!event.target.matches("[data-make-form]")) return;
        event.preventDefault();
        send(event.target);
    });
})();
