//! The fake of the picture sources: each response has the vendor's format and leads to a
//! photograph.

use picletter_sandbox::Sandbox;
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde_json::Value;

use picletter_test_support::loopback;

const AGENT: &str = "Picletter/0.1 (+https://picletter.example)";

async fn get(url: String, headers: &[(&'static str, &str)]) -> Response {
    let headers: HeaderMap = headers
        .iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    let request = loopback::client().get(url).headers(headers);
    request.send().await.unwrap()
}

async fn json(answer: Response) -> Value {
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

async fn assert_leads_to_a_photograph(url: &Value) -> Vec<u8> {
    let answer = get(url.as_str().unwrap().to_owned(), &[]).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    let picture = answer.bytes().await.unwrap();
    assert!(picture.starts_with(b"\xff\xd8\xff"));
    picture.to_vec()
}

#[tokio::test]
async fn wikimedia_returns_a_photograph_with_its_credit() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = sandbox.wikimedia_url() + "/feed/featured/2026/11/24";
    let image = json(get(url, &[("user-agent", AGENT)]).await).await["image"].take();
    assert_leads_to_a_photograph(&image["thumbnail"]["source"]).await;
    assert_eq!(image["artist"]["text"], "SpaceX");
    assert_eq!(image["license"]["type"], "Public domain");
    assert_eq!(image["license"].get("url"), None);
    assert!(
        image["title"]
            .as_str()
            .unwrap()
            .starts_with("File:Falcon 9")
    );
}

#[tokio::test]
async fn rotates_three_photographs_by_day() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut sources = Vec::new();
    for day in ["2026/12/30", "2026/12/31", "2027/01/01", "2027/01/02"] {
        let url = format!("{}/feed/featured/{day}", sandbox.wikimedia_url());
        let feed = json(get(url, &[("user-agent", AGENT)]).await).await;
        sources.push(feed["image"]["image"]["source"].clone());
    }
    assert_eq!(sources[0], sources[3]);
    sources.pop();
    sources.sort_by_key(ToString::to_string);
    sources.dedup();
    assert_eq!(sources.len(), 3);
}

#[tokio::test]
async fn wikimedia_refuses_clients_without_contact_information() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = sandbox.wikimedia_url() + "/feed/featured/2026/11/24";
    for headers in [&[][..], &[("user-agent", "curl/8.0")]] {
        let answer = get(url.clone(), headers).await;
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{headers:?}");
    }
}

#[tokio::test]
async fn wikimedia_refuses_invalid_dates() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = sandbox.wikimedia_url() + "/feed/featured/2026/13/01";
    let answer = get(url, &[("user-agent", AGENT)]).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(json(answer).await["type"], "not_found");
}

#[tokio::test]
async fn nasa_returns_the_picture_of_a_day_or_404() {
    let sandbox = Sandbox::start().await.unwrap();
    let entry = get(sandbox.nasa_url() + "/apod-basic/261125", &[]).await;
    let entry = json(entry).await;
    assert_eq!(entry["date"], "2026-11-25");
    assert_eq!(entry["media_type"], "image");
    assert_leads_to_a_photograph(&entry["hdurl"]).await;

    let answer = get(sandbox.nasa_url() + "/apod-basic/261331", &[]).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    assert_eq!(json(answer).await["code"], "apod_basic_not_found");
}

#[tokio::test]
async fn unsplash_requires_a_key_and_a_version() {
    let sandbox = Sandbox::start().await.unwrap();
    let key = format!("Client-ID {}", "k".repeat(43));
    let authorized = [("authorization", key.as_str()), ("accept-version", "v1")];
    let random = sandbox.unsplash_url() + "/photos/random";
    let photo = json(get(random.clone(), &authorized).await).await;
    let picture = assert_leads_to_a_photograph(&photo["urls"]["regular"]).await;
    assert!(photo["user"]["name"].is_string());

    let location = photo["links"]["download_location"].as_str().unwrap();
    assert!(location.starts_with(&sandbox.unsplash_url()));
    let download = json(get(location.to_owned(), &authorized).await).await;
    assert_eq!(
        assert_leads_to_a_photograph(&download["url"]).await,
        picture
    );

    for (headers, status) in [
        (&[("accept-version", "v1")][..], StatusCode::UNAUTHORIZED),
        (
            &[("authorization", "Client-ID no"), ("accept-version", "v1")],
            StatusCode::UNAUTHORIZED,
        ),
        (&authorized[..1], StatusCode::BAD_REQUEST),
    ] {
        let answer = get(random.clone(), headers).await;
        assert_eq!(answer.status(), status);
        assert!(json(answer).await["errors"][0].is_string());
    }
}

#[tokio::test]
async fn picsum_redirects_a_date_to_its_photograph() {
    let sandbox = Sandbox::start().await.unwrap();
    let seed = sandbox.picsum_url() + "/seed/2026-11-26";
    let info = json(get(format!("{seed}/info"), &[]).await).await;
    assert_eq!(info["author"], "Rachel Michetti");

    let answer = get(format!("{seed}/1200/800"), &[]).await;
    assert_eq!(answer.status(), StatusCode::FOUND);
    let location = answer.headers()["location"].to_str().unwrap();
    assert_leads_to_a_photograph(&location.into()).await;

    let too_wide = get(format!("{seed}/5001/800"), &[]).await;
    assert_eq!(too_wide.status(), StatusCode::BAD_REQUEST);
    let no_day = get(sandbox.picsum_url() + "/seed/2026-02-30/info", &[]).await;
    assert_eq!(no_day.status(), StatusCode::NOT_FOUND);
}
