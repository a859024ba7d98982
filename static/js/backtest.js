// The form of a backtest: campaigns are found by typing, and days are asked for only where they are wanted.
document.addEventListener("DOMContentLoaded", () => {
    const find = document.querySelector("[data-backtest-find]");
    const choices = [...document.querySelectorAll(".backtest-campaigns .backtest-choice")];
    if (find && choices.length > 12) {
        find.parentElement.hidden = false;
        find.addEventListener("input", () => {
            const wanted = find.value.trim().toLocaleLowerCase();
            choices.forEach((choice) => {
                const named = choice.textContent.toLocaleLowerCase().includes(wanted);
                choice.style.display = named || choice.querySelector("input").checked ? "" : "none";
            });
        });
    }

    const days = document.querySelector("[data-backtest-days]");
    const periods = document.querySelectorAll("input[name=period]");
    const show = () => {
        const chosen = document.querySelector("input[name=period]:checked");
        days.hidden = !chosen || chosen.value !== "own";
    };
    if (days) {
        periods.forEach((period) => period.addEventListener("change", show));
        show();
    }
});
