// SPDX-License-Identifier: MPL-2.0
// What a Go program asks of a kernel: its own threads, timers, signals, files, processes.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sort"
	"sync"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		fmt.Println("child got", os.Args[1])
		os.Exit(3)
	}
	var wg sync.WaitGroup
	var mu sync.Mutex
	sum := 0
	for i := 0; i < 100; i++ {
		wg.Add(1)
		go func(n int) {
			defer wg.Done()
			time.Sleep(time.Millisecond)
			mu.Lock()
			sum += n
			mu.Unlock()
		}(i)
	}
	wg.Wait()
	fmt.Println("sum", sum)
	ch := make(chan os.Signal, 1)
	signal.Notify(ch, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println("signal", <-ch)
	out, err := exec.Command("/proc/self/exe", "word").CombinedOutput()
	fmt.Printf("%s%v\n", out, err)
	os.WriteFile("/tmp/go.txt", []byte("written by go\n"), 0600)
	b, _ := os.ReadFile("/tmp/go.txt")
	fmt.Print(string(b))
	names := []string{}
	entries, _ := os.ReadDir("/proc/self/fd")
	for _, e := range entries {
		names = append(names, e.Name())
	}
	sort.Strings(names)
	fmt.Println("descriptors", len(names) >= 4)
	garbage := make([][]byte, 0)
	for i := 0; i < 200; i++ {
		garbage = append(garbage, make([]byte, 100000))
		if i%50 == 49 {
			garbage = garbage[:0]
			runtime.GC()
		}
	}
	defer func() { fmt.Println("recovered:", recover()) }()
	var p *int
	fmt.Println(*p)
}
