"""The words of a world: hashtags, names, captions and hostile texts for captions."""

from __future__ import annotations

from .entities import Industry

INDUSTRIES = (
    Industry(22000000000, "Apparel & Accessories"),
    Industry(14000000000, "Beauty & Personal Care"),
    Industry(27000000000, "Food & Beverage"),
    Industry(21000000000, "Home Improvement"),
    Industry(15000000000, "Tech & Electronics"),
    Industry(19000000000, "Pets"),
    Industry(24000000000, "News & Entertainment"),
)

# id, name, other casings, theme, language, views at the start, millionths of it added a day, description
HASHTAGS: tuple[tuple[str, str, tuple[str, ...], str, str, int, int, str], ...] = (
    (
        "3242",
        "christmas",
        ("Christmas", "CHRISTMAS"),
        "holiday",
        "en",
        321_857_738_740,
        2_400,
        "The most wonderful time of the year.",
    ),
    (
        "13487",
        "christmastree",
        ("ChristmasTree",),
        "holiday",
        "en",
        27_411_906_233,
        6_100,
        "Real or plastic? Show us yours.",
    ),
    (
        "52140",
        "giftideas",
        ("GiftIdeas", "giftIdeas"),
        "shopping",
        "en",
        9_862_015_774,
        9_300,
        'Gifts for "impossible" people\n& their pets',
    ),
    ("26871", "blackfriday", ("BlackFriday", "BLACKFRIDAY"), "shopping", "en", 14_205_338_901, 17_500, ""),
    (
        "1615493",
        "booktok",
        ("BookTok", "BOOKTOK"),
        "culture",
        "en",
        384_120_557_018,
        1_100,
        "Books, and the people who cry over them.",
    ),
    ("1638291845", "🎄", (), "holiday", "en", 2_948_377_120, 5_200, ""),
    ("7120044", "___", (), "culture", "en", 187_223_904, 300, ""),
    ("88213", "natal", ("Natal", "NATAL"), "holiday", "pt", 41_773_260_985, 4_400, "Então é Natal!"),
    ("4361", "cat", ("Cat", "CAT"), "pets", "en", 512_684_099_377, 700, "Cats. That is all."),
    (
        "45022",
        "smallbusiness",
        ("SmallBusiness",),
        "shopping",
        "en",
        118_390_446_512,
        2_000,
        "Support the people who pack their own orders.",
    ),
    ("97314", "クリスマス", (), "holiday", "ja", 3_611_802_458, 7_700, "クリスマスの準備はもう始まった？"),
    (
        "1600771593",
        "christmascookies",
        ("ChristmasCookies",),
        "food",
        "en",
        1_904_556_731,
        12_800,
        "Butter first, questions later.",
    ),
    ("8806", "skincare", ("SkinCare", "SKINCARE"), "beauty", "en", 205_117_883_640, 1_500, ""),
    ("1637700452880385", "👨\u200d🍳", ("👨🍳",), "food", "en", 96_418_275, 2_900, ""),
    ("11542", "diy", ("DIY",), "home", "en", 173_226_548_119, 1_200, "Do it yourself. Or at least start."),
    ("229207", "fyp", ("FYP", "Fyp"), "culture", "en", 61_388_204_771_932, 600, ""),
    ("20884", "viral", ("Viral", "VIRAL"), "culture", "en", 28_770_912_640_055, 500, ""),
    (
        "1639917",
        "catsoftiktok",
        ("CatsOfTikTok",),
        "pets",
        "en",
        98_552_310_476,
        1_900,
        "Every one of them a good one.",
    ),
    ("771623", "cattok", ("CatTok",), "pets", "en", 7_930_118_246, 3_100, ""),
    ("64190", "café", ("Café", "CAFÉ"), "food", "fr", 4_087_731_590, 1_800, "Noir, sans sucre."),
    ("1659003", "نكت_مضحكة", (), "culture", "ar", 6_240_117_008, 2_200, ""),
    ("305517", "नवरात्रि", (), "culture", "hi", 8_119_460_233, 400, ""),
    ("51077", "weihnachten", ("Weihnachten",), "holiday", "de", 12_660_871_304, 8_800, "Advent, Advent."),
    ("18230", "ootd", ("OOTD",), "fashion", "en", 92_048_116_527, 900, "Outfit of the day."),
)

ADJECTIVES = (
    "cozy",
    "slow",
    "tiny",
    "vintage",
    "winter",
    "budget",
    "secret",
    "midnight",
    "lazy",
    "clean",
    "wild",
    "golden",
    "messy",
)
NOUNS = (
    "kitchen",
    "mornings",
    "closet",
    "garden",
    "makeup",
    "gaming",
    "crochet",
    "roadtrip",
    "recipes",
    "dogs",
    "nails",
    "studio",
)
THEMES = ("food", "home", "fashion", "pets", "beauty", "culture", "shopping")

COUNTRIES = {
    "US": "United States",
    "GB": "United Kingdom",
    "BR": "Brazil",
    "DE": "Germany",
    "FR": "France",
    "JP": "Japan",
    "IN": "India",
}
COUNTRIES |= {
    "MX": "Mexico",
    "ID": "Indonesia",
    "ES": "Spain",
    "IT": "Italy",
    "CA": "Canada",
    "AU": "Australia",
}
REGIONS = {
    "en": ("US", "GB", "CA", "AU"),
    "pt": ("BR",),
    "ja": ("JP",),
    "fr": ("FR",),
    "ar": ("EG",),
    "hi": ("IN",),
    "de": ("DE",),
}

ORIGINAL_SOUND = {
    "en": "original sound",
    "de": "Originalton",
    "fr": "son original",
    "hi": "ओरिजिनल साउंड",
    "pt": "som original",
    "ja": "オリジナル楽曲",
    "ar": "الصوت الأصلي",
}
SONGS = (
    ("All I Want Is Snow", "The Paper Lanterns"),
    ("Jingle Bell Bossa", "Ana & os Trópicos"),
    ('Say "When"', "O'Malley; Drop"),
    ("夜のケーキ", "ミカ"),
    ("Run It Back (Sped Up)", "DJ Kettle"),
    ("Tante Erika tanzt", "Hüttenkombo"),
)

FIRST_NAMES = (
    "mia",
    "jonas",
    "aisha",
    "leo",
    "yuki",
    "bruna",
    "omar",
    "chloe",
    "ravi",
    "elif",
    "sofia",
    "ben",
    "ines",
    "tariq",
    "nora",
    "kofi",
)
TRADES = (
    "bakes",
    "knits",
    "reads",
    "builds",
    "paws",
    "vlogs",
    "cooks",
    "styles",
    "plants",
    "games",
    "paints",
    "thrifts",
)
BIOS = (
    "DM for collabs 💌",
    "",
    "mum of 3 | 📍 Leeds\nshop ⬇️",
    '"quotes" & <b>tags</b>',
    "=1+1 is a formula",
    "cat person; dog's person; 'person'",
)

SENTENCES = {
    "en": (
        "wait for the end",
        "POV: you started in October",
        "part 2 is on my page",
        "nobody asked but here it is",
        "this took me 14 hours",
        "tell me I am not the only one",
        "my grandmother's recipe, finally",
        "$5 vs $50",
        "I was today years old",
        "do not try this at home",
    ),
    "pt": ("espera até o final", "quem mais faz assim?", "receita da minha avó"),
    "ja": ("最後まで見てね", "作ってみた", "これは泣く"),
    "fr": ("attends la fin", "qui d'autre ?"),
    "ar": ("انتظر النهاية", "لا يفوتكم"),
    "hi": ("अंत तक देखें", "क्या आपने देखा?"),
    "de": ("wartet bis zum Schluss", "wer kennt's?"),
}

EMOJI = ("🎄", "😭😭", "✨", "🐈\u200d⬛", "👩🏽\u200d🍳", "🇧🇷", "❤️", "💀", "🫶")

# Leading parts of captions; an ordinary sentence follows them.
HOSTILE = (
    '=HYPERLINK("http://example.invalid","click")',
    "+1 (555) 0100",
    "-2+3",
    "@SUM(A1:A9)",
    "<script>alert('x')</script>",
    "<img src=x onerror=alert(1)>",
    "line one\nline two\r\n\tline three",
    "\u202egnp.exe\u202c \u2066rtl\u2069 \u200f",
    "he said \"no\", she said 'yes' \\ and \\n",
    "'; drop table videos; --",
    "nul \x00 inside",
    "{{ config() }} {% raw %} ${HOME} `id`",
    "zero\u200bwidth \ufeff bom",
    "Z̷̛͔a̵͝l̴̛g̶͘o̸͝",
)
BROKEN_EMOJI = "half an emoji \ud83d here"
