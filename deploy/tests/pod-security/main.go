// Command pod-security reads pods as JSON, a list of {name, spec}, and prints for each what Kubernetes' own check of the Pod Security Standard
// "restricted" says: "allowed", or what it forbids.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

func main() {
	var pods []struct {
		Name string
		Spec corev1.PodSpec
	}
	if err := json.NewDecoder(os.Stdin).Decode(&pods); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	restricted := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	for _, pod := range pods {
		result := policy.AggregateCheckResults(evaluator.EvaluatePod(restricted, &metav1.ObjectMeta{}, &pod.Spec))
		said := "allowed"
		if !result.Allowed {
			said = result.ForbiddenDetail()
		}
		fmt.Printf("%s: %s\n", pod.Name, said)
	}
}
