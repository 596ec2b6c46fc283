"""Ten lines that make a chart of the data, for pandas and for R, with the address of this installation."""

from urllib.parse import urlencode

from measures.listing.index import PublicIndex

COUNTRIES = 4

PANDAS = """\
import pandas as pd

url = "{address}"
m = pd.read_csv(url, dtype=str, keep_default_na=False)
m = m[m["direction"].isin(["more_restrictive", "less_restrictive"])]
m = m[m["date_precision"].isin(["day", "month"])]
m["month"] = pd.PeriodIndex(m["date_first"].str[:7], freq="M")
table = m.groupby(["month", "country", "direction"]).size().unstack(["country", "direction"], fill_value=0)
axes = table.sort_index(axis=1).plot(subplots=True, sharey=True, figsize=(9, 12), ylabel="measures")
axes[0].figure.savefig("measures-a-month.png")
"""
R = """\
url <- "{address}"
m <- read.csv(url, colClasses = "character", encoding = "UTF-8")
m <- m[m$direction %in% c("more_restrictive", "less_restrictive"), ]
m <- m[m$date_precision %in% c("day", "month"), ]
table <- table(substr(m$date_first, 1, 7), paste(m$country, m$direction))
png("measures-a-month.png", width = 900, height = 600)
matplot(table, type = "s", lty = 1, col = rainbow(ncol(table)), xaxt = "n", ylab = "measures a month")
axis(1, seq_len(nrow(table)), rownames(table))
legend("topright", colnames(table), col = rainbow(ncol(table)), lty = 1)
dev.off()
"""


def query(index: PublicIndex) -> str:
    """The query string of the countries with the most entries."""
    counts = index.everything.counts("country")
    codes = sorted(counts, key=lambda code: (-counts[code], code))[:COUNTRIES]
    return f"?{urlencode([('country', code) for code in codes])}" if codes else ""


def recipes(address: str) -> dict[str, str]:
    """The lines by language, for the CSV file at `address`."""
    return {"pandas": PANDAS.format(address=address), "R": R.format(address=address)}
