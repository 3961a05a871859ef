"""Sends the picture of the day by mail, with SendGrid's package."""

import base64
import os
import sys
import urllib.request

from sendgrid import SendGridAPIClient
from sendgrid.helpers.mail import Attachment, Mail

with urllib.request.urlopen(os.environ["PICTURE_URL"], timeout=60) as answer:
    kind = answer.headers.get_content_type()
    picture = answer.read()

mail = Mail(
    from_email=os.environ["BOT_EMAIL"],
    to_emails=os.environ["RECEIVER_EMAIL"],
    subject="Picletter, your daily picture newsletter!",
    plain_text_content="Your daily picture",
    html_content='<h1>Your daily picture</h1><img alt="Picture of the day" src="cid:picture">',
)
mail.attachment = Attachment(
    file_content=base64.b64encode(picture).decode(),
    file_name="picture.jpg",
    file_type=kind,
    disposition="inline",
    content_id="picture",
)

answer = SendGridAPIClient(
    os.environ["SG_KEY"], host=os.environ["SENDGRID_API_URL"]
).send(mail)
if answer.status_code != 202:
    sys.exit(f"SendGrid responded with {answer.status_code}")
print("sent", answer.headers["X-Message-Id"])
