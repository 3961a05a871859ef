// Sends the picture of the day by mail, in the style of the article on which Picletter is based:
// standard library, the whole picture in memory, and a data: URI in the HTML.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

type address struct {
	Email string `json:"email"`
}

type personalization struct {
	To []address `json:"to"`
}

type content struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

type mail struct {
	From             address           `json:"from"`
	Subject          string            `json:"subject"`
	Personalizations []personalization `json:"personalizations"`
	Content          []content         `json:"content"`
}

func fetch(url string) (kind string, picture []byte, err error) {
	answer, err := http.Get(url)
	if err != nil {
		return "", nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return "", nil, fmt.Errorf("the picture host answered %s", answer.Status)
	}
	picture, err = io.ReadAll(answer.Body)
	return answer.Header.Get("Content-Type"), picture, err
}

func compose(kind string, picture []byte) ([]byte, error) {
	encoded := base64.StdEncoding.EncodeToString(picture)
	html := fmt.Sprintf(`<h1>Your daily picture</h1><img alt="Picture of the day" src="data:%s;base64,%s">`, kind, encoded)
	return json.Marshal(mail{
		From:             address{os.Getenv("BOT_EMAIL")},
		Subject:          "Picletter, your daily picture newsletter!",
		Personalizations: []personalization{{To: []address{{os.Getenv("RECEIVER_EMAIL")}}}},
		Content: []content{
			{Type: "text/plain", Value: "Your daily picture"},
			{Type: "text/html", Value: html},
		},
	})
}

func send(body []byte) error {
	request, err := http.NewRequest(http.MethodPost, os.Getenv("SENDGRID_API_URL")+"/v3/mail/send", bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("SG_KEY"))
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusAccepted {
		return fmt.Errorf("SendGrid answered %s", answer.Status)
	}
	log.Println("sent", answer.Header.Get("X-Message-Id"))
	return nil
}

func main() {
	kind, picture, err := fetch(os.Getenv("PICTURE_URL"))
	if err != nil {
		log.Fatal(err)
	}
	body, err := compose(kind, picture)
	if err != nil {
		log.Fatal(err)
	}
	if err := send(body); err != nil {
		log.Fatal(err)
	}
}
