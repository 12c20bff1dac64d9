terraform {
  required_providers {
    todo = {
      source = "example/todo"
    }
  }
}

resource "todo_list" "house" {
  title   = "House"
  colour  = "green"
  members = ["alex@example.com", "kim@example.com"]
}

resource "todo_list" "garden" {
  title = "Garden"
}

resource "todo_task" "paint" {
  list_id  = todo_list.house.id
  title    = "Paint the door"
  notes    = "The blue of the windows."
  priority = 2
  due      = "2030-05-01T18:00:00+02:00"
  estimate = "1h30m"
  labels   = ["weekend", "outside"]

  steps {
    title = "Sand it"
  }
  steps {
    title = "Paint it"
  }
}
