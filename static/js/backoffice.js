// Select2 hides the field that has the label: give its stand-ins the field's name, for those who hear the page.
(() => {
    const nameOf = (select) => {
        const label = select.labels && select.labels[0];
        return select.getAttribute("aria-label") || (label ? label.textContent.replace("*", "").trim() : "");
    };

    const nameStandIns = () => {
        document.querySelectorAll("select.select2-hidden-accessible").forEach((select) => {
            const standIn = select.nextElementSibling;
            const name = nameOf(select);
            if (!name || !standIn) return;
            standIn
                .querySelectorAll(".select2-selection, .select2-selection__rendered, .select2-search__field")
                .forEach((part) => part.setAttribute("aria-label", name));
        });
    };

    window.addEventListener("load", nameStandIns);
    document.addEventListener("formset:added", () => setTimeout(nameStandIns));
})();
