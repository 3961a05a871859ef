//! Protection of the page against other sites.

use reqwest::StatusCode;

use crate::page::try_page::{TryPage, contains};

const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
     frame-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

#[tokio::test]
async fn accepts_forms_only_from_its_own_origin() {
    let try_page = TryPage::start();
    let port = try_page.url.rsplit(':').next().unwrap();
    for path in ["/runs", "/days", "/jobs/picletter/run"] {
        for origin in [
            None,
            Some("null"),
            Some("http://evil.example"),
            Some("http://127.0.0.1"),
            Some(&*format!("http://localhost:{port}")),
            Some(&*format!("https://127.0.0.1:{port}")),
            Some(&*format!("http://127.0.0.1:{port}.evil.example")),
        ] {
            let mut form = try_page.form(path, "fault=none");
            if let Some(origin) = origin {
                form = form.header("origin", origin);
            }
            let status = form.send().await.unwrap().status();
            assert_eq!(status, StatusCode::FORBIDDEN, "{origin:?}");
        }
        let twice = try_page.form(path, "").header("origin", &try_page.url);
        let twice = twice.header("origin", "http://evil.example");
        let status = twice.send().await.unwrap().status();
        assert_eq!(status, StatusCode::FORBIDDEN);
    }
    assert_eq!(
        try_page.page().await.outcomes(),
        ["succeeded"],
        "nothing was run"
    );
}

#[tokio::test]
async fn rejects_requests_with_a_foreign_host_name() {
    let try_page = TryPage::start();
    let client = picletter_test_support::loopback::client();
    for host in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8025",
        "127.0.0.1:port",
        "192.168.0.1:8025",
        "0.0.0.0",
    ] {
        for path in [
            "/",
            "/jobs/picletter",
            "/mails/1",
            "/mails/1/html",
            "/events",
            "/style.css",
        ] {
            let request = client.get(try_page.url.clone() + path).header("host", host);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::MISDIRECTED_REQUEST, "{host}");
            assert!(!answer.text().await.unwrap().contains("picletter"));
        }
        let form = try_page.form("/runs", "fault=none").header("host", host);
        let form = form.header("origin", format!("http://{host}"));
        let status = form.send().await.unwrap().status();
        assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    for host in ["localhost", "localhost:8025", "127.0.0.1:9000"] {
        let request = client.get(&try_page.url).header("host", host);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn pages_load_resources_only_from_their_own_server() {
    let try_page = TryPage::start();
    let run = try_page.page().await.run_paths()[0].to_owned();
    for path in [
        "/",
        "/jobs/picletter",
        "/jobs/picletter/pause",
        &*run,
        "/mails/1",
        "/other",
    ] {
        let answer = try_page.get(path).await;
        let headers = answer.headers();
        assert_eq!(headers["content-security-policy"], POLICY, "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["cross-origin-resource-policy"], "same-origin");
        let page = answer.text().await.unwrap();
        for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
            assert!(!page.contains(inline), "{inline} in {path}");
        }
        let scripts = page.matches("<script").count();
        let own = page.matches("<script src=\"/script.js\" defer></script>");
        assert_eq!(scripts, own.count(), "{path}");
    }
    for (path, media_type) in [
        ("/style.css", "text/css; charset=utf-8"),
        ("/script.js", "text/javascript; charset=utf-8"),
        ("/icon.svg", "image/svg+xml"),
        ("/events", "text/event-stream"),
    ] {
        let answer = try_page.get(path).await;
        assert_eq!(answer.headers()["content-type"], media_type);
        let policy = &answer.headers()["content-security-policy"];
        assert_eq!(policy, "default-src 'none'");
    }
}

#[tokio::test]
async fn forms_work_without_scripts() {
    let try_page = TryPage::start();
    let page = try_page.page().await;
    let form = page.within("<form", "</form>");
    contains(
        form,
        &[
            "method=\"post\" action=\"/runs\"",
            "formaction=\"/days\"",
            "name=\"fault\" id=\"fault-hang\" value=\"hang\"",
        ],
    );
    contains(&page.0, &["<a id=\"reload\" href=\"\">Reload</a>"]);
    // All fields are optional.
    let bare = try_page.form("/runs", "").header("origin", &try_page.url);
    let status = bare.send().await.unwrap().status();
    assert_eq!(status, StatusCode::SEE_OTHER);

    for (fields, status) in [
        ("fault=meteor".to_owned(), StatusCode::BAD_REQUEST),
        ("fault=none&".repeat(1000), StatusCode::PAYLOAD_TOO_LARGE),
    ] {
        let form = try_page
            .form("/runs", &fields)
            .header("origin", &try_page.url);
        assert_eq!(form.send().await.unwrap().status(), status);
    }
    for path in ["/runs", "/days"] {
        let answer = try_page.get(path).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        contains(&answer.text().await.unwrap(), &["Forms only"]);
    }
    contains(page.card("runs"), &["by hand"]);
}
