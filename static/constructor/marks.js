// Fields that must be mended are marked, and unmarked as soon as they are; a list of them leads there.
(() => {
    const questions = () => document.getElementById("questions");

    const namesOf = (field) => {
        const picker = field.closest("[data-picker]");
        if (!picker) return [field.name];
        return picker.dataset.names.split(",").map((pair) => pair.split("=")[1]);
    };

    const isWrong = (names, places) =>
        names.some((name) => {
            const plain = name.replaceAll("~", "");
            return places.some((place) => place === plain || plain.startsWith(`${place}.`));
        });

    const mark = () => {
        const note = document.getElementById("wrong");
        if (!note || !questions()) return;
        const places = note.dataset.places.split(" ").filter((place) => place.includes("."));
        questions()
            .querySelectorAll("input:not([type=hidden], [type=radio]), select, textarea")
            .forEach((field) => {
                const wrong = isWrong(namesOf(field), places);
                (field.closest("[data-picker], .rc-days") || field).classList.toggle("rc-wrong", wrong);
                if (wrong) field.setAttribute("aria-invalid", "true");
                else field.removeAttribute("aria-invalid");
            });
    };

    document.addEventListener("DOMContentLoaded", mark);
    document.addEventListener("htmx:afterSettle", mark);

    document.addEventListener("click", (event) => {
        const link = event.target.closest("a[data-goto]");
        if (!link) return;
        const row = document.getElementById(link.getAttribute("href").slice(1));
        const field =
            row && (row.querySelector("[aria-invalid=true]") || row.querySelector("input:not([type=hidden]), select, button"));
        if (!field) return;
        event.preventDefault();
        row.scrollIntoView({ block: "center" });
        field.focus({ preventScroll: true });
    });
})();
