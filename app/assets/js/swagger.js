// The page of the API: Swagger UI as FAB ships it, with our CSRF token on its requests.
const box = document.getElementById("swagger-ui");
const token = document.querySelector('meta[name="csrf-token"]')?.content;

window.SwaggerUIBundle({
  url: box.dataset.url,
  domNode: box,
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  validatorUrl: null,
  requestInterceptor: (request) => {
    if (token && request.method !== "GET") request.headers["X-CSRFToken"] = token;
    return request;
  },
});
