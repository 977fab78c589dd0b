// A workload for autoscaling. Without arguments it serves: each request costs 20 ms of a processor. With a URL it asks, one
// request after the other, four at a time, until it is stopped.
package main

import (
	"net/http"
	"os"
	"syscall"
	"time"
)

const cost = 20 * time.Millisecond

func main() {
	if len(os.Args) == 1 {
		http.HandleFunc("/", func(http.ResponseWriter, *http.Request) { burn() })
		panic(http.ListenAndServe(":8080", nil))
	}
	for range 3 {
		go ask(os.Args[1])
	}
	ask(os.Args[1])
}

// burn uses processor time until this process has consumed cost more of it, whatever its share of the processor is.
func burn() {
	for start := used(); used()-start < cost; {
	}
}

func used() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func ask(url string) {
	// A connection for each request, so that new pods get their share.
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		if answer, err := client.Get(url); err == nil {
			answer.Body.Close()
		} else {
			time.Sleep(time.Second)
		}
	}
}
