//! The photographs, shown in rotation, one per day. Their origin: `../photographs/README.md`.

use jiff::civil::{Date, date};

/// A photograph and its metadata.
#[derive(Debug)]
pub(super) struct Photograph {
    /// File name.
    pub(super) file: &'static str,
    /// The content of the file.
    pub(super) jpeg: &'static [u8],
    /// Width, in pixels.
    pub(super) width: u32,
    /// Height, in pixels.
    pub(super) height: u32,
    /// A short title.
    pub(super) title: &'static str,
    /// A description of the picture's content, for readers who cannot see it.
    pub(super) description: &'static str,
    /// The author.
    pub(super) author: &'static str,
    /// The short name of the license.
    pub(super) license: &'static str,
    /// The URL of the license; none for the public domain.
    pub(super) license_url: Option<&'static str>,
}

const PHOTOGRAPHS: [Photograph; 3] = [
    Photograph {
        file: "rocket.jpg",
        jpeg: include_bytes!("../photographs/rocket.jpg"),
        width: 640,
        height: 427,
        title: "Falcon 9 with DSCOVR at Cape Canaveral",
        description: "A white rocket stands on its launch pad at dusk, lit by floodlights.",
        author: "SpaceX",
        license: "Public domain",
        license_url: None,
    },
    Photograph {
        file: "hubble.jpg",
        jpeg: include_bytes!("../photographs/hubble.jpg"),
        width: 800,
        height: 698,
        title: "Hubble eXtreme Deep Field",
        description: "Thousands of galaxies of all shapes and colors against a black sky.",
        author: "NASA/ESA/STScI",
        license: "Public domain",
        license_url: None,
    },
    Photograph {
        file: "coffee.jpg",
        jpeg: include_bytes!("../photographs/coffee.jpg"),
        width: 600,
        height: 400,
        title: "A cup of coffee at Pikolo Espresso Bar",
        description: "An espresso in a red cup, with a spoon on its saucer, on a wooden table.",
        author: "Rachel Michetti",
        license: "CC0",
        license_url: Some("https://creativecommons.org/publicdomain/zero/1.0/"),
    },
];

impl Photograph {
    /// The photograph of a day.
    pub(super) fn for_day(day: Date) -> &'static Self {
        let days = (day - date(1970, 1, 1)).get_days();
        let index = days.rem_euclid(3);
        match index {
            0 => &PHOTOGRAPHS[0],
            1 => &PHOTOGRAPHS[1],
            _ => &PHOTOGRAPHS[2],
        }
    }

    /// The photograph with this file name.
    pub(super) fn named(file: &str) -> Option<&'static Self> {
        PHOTOGRAPHS
            .iter()
            .find(|photograph| photograph.file == file)
    }

    /// The file name without its extension, which serves as an id.
    pub(super) fn id(&self) -> &'static str {
        self.file.trim_end_matches(".jpg")
    }
}
