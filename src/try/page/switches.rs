//! What can be made to go wrong in the next run.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse as _, Response};
use serde_json::json;
use tokio::sync::watch;

use crate::schedule::Overlap;

/// What goes wrong in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Every picture host answers 503.
    PictureHost,
    /// SendGrid refuses the sender.
    SendGrid,
    /// The dyno starts and does nothing, on SIGTERM neither.
    Hang,
    /// A second run is due while the dyno of the first works.
    Overlap,
}

impl Fault {
    pub(super) const ALL: [Self; 5] = [
        Self::None,
        Self::PictureHost,
        Self::SendGrid,
        Self::Hang,
        Self::Overlap,
    ];

    /// In forms.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::PictureHost => "picture-host",
            Self::SendGrid => "sendgrid",
            Self::Hang => "hang",
            Self::Overlap => "overlap",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.name() == name)
    }

    pub(super) fn title(self) -> &'static str {
        match self {
            Self::None => "Nothing goes wrong",
            Self::PictureHost => "The picture hosts are down",
            Self::SendGrid => "SendGrid refuses the mail",
            Self::Hang => "The dyno hangs",
            Self::Overlap => "The next run is due too early",
        }
    }

    /// What is to be seen of it.
    pub(super) fn promise(self, overlap: Overlap) -> &'static str {
        match (self, overlap) {
            (Self::None, _) => "ends as sent, with a mail",
            (Self::PictureHost, _) => "ends as unavailable: nothing is sent, an alert is",
            (Self::SendGrid, _) => "ends as refused, in SendGrid’s own words, with an alert",
            (Self::Hang, _) => {
                "ends as no_report, with an alert: in simulated time, as it takes minutes"
            }
            (Self::Overlap, Overlap::Skip) => "the second run ends as skipped: it starts no dyno",
            (Self::Overlap, Overlap::Replace) => {
                "the first run ends as replaced: its dyno is stopped"
            }
            (Self::Overlap, Overlap::Queue) => "the second run waits for the first",
            (Self::Overlap, Overlap::Allow) => "both run, as the schedule allows",
        }
    }
}

/// Which fault there is now. Clones share it.
#[derive(Debug, Clone)]
pub(in crate::r#try) struct Switches(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    fault: watch::Sender<Fault>,
    /// How many workers have had to wait for a picture since the fault was set.
    held: watch::Sender<usize>,
}

impl Default for Switches {
    fn default() -> Self {
        Self(Arc::new(Shared {
            fault: watch::Sender::new(Fault::None),
            held: watch::Sender::default(),
        }))
    }
}

impl Switches {
    pub(super) fn set(&self, fault: Fault) {
        self.0.held.send_replace(0);
        self.0.fault.send_replace(fault);
    }

    /// Waits until so many workers wait for a picture, as they do while runs are to overlap.
    pub(super) async fn hold(&self, workers: usize) {
        // Its other end is held here.
        let _ = self
            .0
            .held
            .subscribe()
            .wait_for(|held| *held >= workers)
            .await;
    }

    /// The picture hosts, which can be down, or slow so that a run lasts until the next is due.
    pub(in crate::r#try) fn pictures(&self, router: Router) -> Router {
        let slow = self.clone();
        let router = router.layer(from_fn(move |request: Request, next: Next| {
            let switches = slow.clone();
            async move {
                let mut fault = switches.0.fault.subscribe();
                if *fault.borrow() == Fault::Overlap {
                    switches.0.held.send_modify(|held| *held += 1);
                    let _ = fault.wait_for(|fault| *fault != Fault::Overlap).await;
                }
                next.run(request).await
            }
        }));
        self.on(Fault::PictureHost, router, || {
            (StatusCode::SERVICE_UNAVAILABLE, "upstream connect error\n").into_response()
        })
    }

    /// SendGrid, which can refuse the sender.
    /// Source: <https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sender-identity>
    pub(in crate::r#try) fn sendgrid(&self, router: Router) -> Router {
        self.on(Fault::SendGrid, router, || {
            let body = json!({ "errors": [{
                "message": "The from address does not match a verified Sender Identity. Mail \
                            cannot be sent until this error is resolved. Visit \
                            https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ \
                            to see the Sender Identity requirements",
                "field": "from",
                "help": null,
            }]});
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (StatusCode::FORBIDDEN, kind, body.to_string()).into_response()
        })
    }

    fn on(&self, fault: Fault, router: Router, answer: fn() -> Response) -> Router {
        let switches = self.clone();
        router.layer(from_fn(move |request: Request, next: Next| {
            let broken = *switches.0.fault.borrow() == fault;
            async move {
                if broken {
                    answer()
                } else {
                    next.run(request).await
                }
            }
        }))
    }
}
